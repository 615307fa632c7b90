"use strict";
// A search field that hides the rows of a table without its words. Without scripts it stays hidden, and all rows show.
for (const field of document.querySelectorAll("[data-filter]")) {
  const rows = document.querySelectorAll(`${field.dataset.filter} tbody tr`);
  const box = field.closest(".filter");
  box.hidden = rows.length < 8;
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  });
}
// A link to a part that is folded away unfolds it.
const unfold = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.tagName === "DETAILS") target.open = true;
};
addEventListener("hashchange", unfold);
unfold();
// Airflow's frame lets no link open a window, nor leave the frame: the page around it, Airflow's, then follows the link.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[target]");
  if (!link || window === window.parent) return;
  event.preventDefault();
  const outer = window.parent.document.createElement("a");
  Object.assign(outer, { href: link.href, target: link.target, rel: link.rel });
  window.parent.document.body.append(outer);
  outer.click();
  outer.remove();
});

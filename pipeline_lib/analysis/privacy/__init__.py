"""Which numbers cannot be published, so that the small ones cannot be worked out.

A number that tells of fewer people than the threshold is small: it is shown as `<n`. Totals and other tables would
often give it away, so that larger numbers beside it are withheld, as `*`. Which ones, is decided by one question:
**could the world have been another one?** A small number is safe when there is a world, one or two people's answers
away from the true one, in which every number that is shown is the same, every `<n` is still below n, and the small
number is another. Whoever knows the tables, and how they add up, cannot tell the two worlds apart.

Each module knows which worlds are near for one kind of number: `margins` for people per code, `joints` for people per
code and code of another dataset, `returning` for people per set of episodes, `messages` for numbers of messages; each
hides what makes the cheapest of them possible, as `suppression` tells. `over_time` asks instead, of messages by the
hour or day, what follows from sums of them.
"""

from pipeline_lib.cleaners.misspellings import slips_on_keys


def test_a_slip_hits_a_neighbouring_key_or_leaves_a_vowel_out() -> None:
    slips = set(slips_on_keys("yes"))
    assert {"tes", "ues", "yed", "yez", "yrs", "ys"} <= slips
    assert not {"yes", "nes", "ye", "es", "yep"} & slips

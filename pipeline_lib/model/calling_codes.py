"""How local phone numbers are written internationally: the country's calling code in the place of a leading zero.

Only countries whose local numbers begin with a zero that is dropped are here. In other countries a local number cannot
be told from another country's.
"""

from collections.abc import Mapping

CALLING_CODES: Mapping[str, str] = {
    "AE": "971", "AF": "93", "AL": "355", "AM": "374", "AT": "43", "AU": "61", "BA": "387", "BD": "880", "BE": "32",
    "BG": "359", "CD": "243", "CH": "41", "CN": "86", "DE": "49", "DZ": "213", "EG": "20", "ER": "291", "ET": "251",
    "FI": "358", "FR": "33", "GB": "44", "GH": "233", "HR": "385", "ID": "62", "IE": "353", "IL": "972", "IN": "91",
    "IQ": "964", "IR": "98", "JO": "962", "JP": "81", "KE": "254", "KH": "855", "KR": "82", "LB": "961", "LK": "94",
    "LR": "231", "LY": "218", "MA": "212", "MD": "373", "MG": "261", "MK": "389", "MM": "95", "MW": "265", "MY": "60",
    "NA": "264", "NG": "234", "NL": "31", "NP": "977", "NZ": "64", "PH": "63", "PK": "92", "PS": "970", "RO": "40",
    "RS": "381", "RW": "250", "SA": "966", "SD": "249", "SE": "46", "SK": "421", "SL": "232", "SO": "252", "SS": "211",
    "SY": "963", "TH": "66", "TR": "90", "TW": "886", "TZ": "255", "UA": "380", "UG": "256", "VN": "84", "XK": "383",
    "YE": "967", "ZA": "27", "ZM": "260", "ZW": "263",
}  # fmt: skip
"""By the country's two letters (ISO 3166)."""

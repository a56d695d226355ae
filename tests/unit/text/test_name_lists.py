import pytest

from broadsheet.text.names import given_first, split_author_list


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Ann Lee, PhD", "Ann Lee"),
        ("Ann Lee, M.D., Ph.D.", "Ann Lee"),
        ("Lee, Ann, MD", "Ann Lee"),
        ("University of California, Berkeley", "University of California, Berkeley"),
        ("NVIDIA, Inc.", "NVIDIA, Inc."),
        ("Siemens Energy, GmbH", "Siemens Energy, GmbH"),
        ("van der Berg, Jan", "Jan van der Berg"),
        ("King, Jr., Martin Luther", "Martin Luther King Jr."),
        ("Ma, Ming", "Ming Ma"),
        ("Co, Ann", "Ann Co"),
        ("Press, William H.", "William H. Press"),
        ("Ping Li 0001", "Ping Li"),
        ("World Health Organization,", "World Health Organization"),
    ],
)
def test_names_as_spoken(written, read):
    assert given_first(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (" van den Berg, J., Li, W., O'Neil, P. Q. ", ["J. van den Berg", "W. Li", "P. Q. O'Neil"]),
        ("Smith J, Doe AB and Lee C", ["J Smith", "AB Doe", "C Lee"]),
        ("Smith, A., Jr., Jones, B.", ["A. Smith Jr.", "B. Jones"]),
        ("A. Smith, B. Jones (Univ. of X, Y) and C. Roe", ["A. Smith", "B. Jones", "C. Roe"]),
        ("Lee, Ann; Li, Bo", ["Ann Lee", "Bo Li"]),
        ("Ann Lee, PhD, Bo Li, MD", ["Ann Lee", "Bo Li"]),
        ("Ann Lee, Bo Li, Jr.", ["Ann Lee", "Bo Li Jr."]),
    ],
)
def test_lists_of_authors(written, read):
    assert split_author_list(written) == read

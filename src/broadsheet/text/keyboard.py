"""Keys of a QWERTY keyboard that touch."""


def _neighbours() -> dict[str, str]:
    rows = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    # Each row starts a part of a key further right than the one above it.
    places = {
        key: (column + shift, row)
        for row, (keys, shift) in enumerate(zip(rows, (0.0, 0.25, 0.75), strict=True))
        for column, key in enumerate(keys)
    }
    return {
        key: "".join(
            other
            for other, (x2, y2) in places.items()
            if other != key and abs(x - x2) <= 1 and abs(y - y2) <= 1
        )
        for key, (x, y) in places.items()
    }


NEIGHBOURS = _neighbours()
"""By letter: the keys beside it, and those that touch it in the rows above and below."""

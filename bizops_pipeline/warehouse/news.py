"""What the connections to one warehouse tell each other: which of its tables they changed, once that is committed.

Each connection remembers tables and columns so as not to ask for them again; this is how it learns of the others' work.
"""

from __future__ import annotations

ROWS = ""
"""Stands for statements that changed rows and no table."""


class News:
    """One connection's part in it: what it has to tell, and what it has not heard yet."""

    def __init__(self, board: list[tuple[News, str]] | None = None) -> None:
        self._board = [] if board is None else board
        self._heard = len(self._board)
        self._untold: dict[str, None] = {}

    def sibling(self) -> News:
        """Return the part of a further connection, which has heard all that was told so far."""
        return News(self._board)

    def note(self, change: str) -> None:
        """Keep a statement that changes tables, or ROWS, until the transaction ends."""
        # The last place counts where a statement is repeated: a table may be made, dropped, and made again.
        self._untold.pop(change, None)
        self._untold[change] = None

    def tell(self) -> None:
        """Tell what was kept: it is committed."""
        self._board.extend((self, change) for change in self._untold)
        self._untold.clear()

    def forget(self) -> None:
        """Drop what was kept: it was rolled back."""
        self._untold.clear()

    def hear(self) -> list[str]:
        """Return what others told since the last time, in the order in which they did."""
        end = len(self._board)
        heard = [change for teller, change in self._board[self._heard : end] if teller is not self]
        self._heard = end
        return heard

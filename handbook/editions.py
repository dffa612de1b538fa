"""The editions of the handbook (手册版本) that a process knows, and which of them is in force when."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property

from handbook.edition import Handbook
from handbook.loading import load, load_archive

SINCE_EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""From when the edition that a release brings along is in force: until the county publishes its own."""


class EditionMissing(LookupError):
    """This process does not know the edition."""

    def __init__(self, version: str) -> None:
        super().__init__(f"没有手册版本 {version} / no handbook version {version}")
        self.version = version


class Editions:
    """All editions by version, and their publications (发布) by the moment from which they hold."""

    def __init__(self, bundled: Callable[[], Handbook] = load) -> None:
        self._bundled = bundled
        self._known: dict[str, Handbook] = {}
        self._publications: list[tuple[datetime, int, str]] = []

    @cached_property
    def bundled(self) -> Handbook:
        """The edition that this release brings along."""
        return self._keep(self._bundled())

    def add(self, edition: Handbook, valid_from: datetime) -> None:
        """An edition was published, perhaps anew; of two for one moment the later told holds."""
        for one in (self.bundled, edition):
            self._keep(one)
        self._publications.append((valid_from, len(self._publications), edition.version))
        self._publications.sort()

    def take(self, version: str, valid_from: datetime, archive: bytes, *, grid: bool = True) -> None:
        """The same for an edition as it travels; ``grid``: places will be looked up in it.

        Raises `HandbookError` when it is none, `EditionMissing` when it is not the one that was meant.
        """
        edition = self._known.get(version) or load_archive(archive)
        if edition.version != version:
            raise EditionMissing(version)
        self.add(edition, valid_from)
        if grid:  # the first report after the change need not wait for it to be read
            self._known[version].grid.cell_at(0.0, 0.0)

    def has(self, version: str) -> bool:
        """Whether the edition is here."""
        return version in (self.bundled.version, *self._known)

    def in_force(self, at: datetime) -> Handbook:
        """The edition by which a case is filed at this moment."""
        since = [version for valid_from, _, version in self._publications if valid_from <= at]
        return self._known[since[-1]] if since else self.bundled

    def of(self, version: str) -> Handbook:
        """The edition of a version, such as the one that a case was filed under; raises `EditionMissing`."""
        if not self.has(version):
            raise EditionMissing(version)
        return self._known[version]

    def __iter__(self) -> Iterator[Handbook]:
        """Every edition once."""
        return iter(dict.fromkeys((self.bundled, *self._known.values())))

    def __len__(self) -> int:
        return len({self.bundled.version, *self._known})

    def _keep(self, edition: Handbook) -> Handbook:
        return self._known.setdefault(edition.version, replace(edition, _others=self._known))

"""One request's view of a library: a snapshot of its index, and the model of its vectors."""

from dataclasses import dataclass

from broadsheet.domain.errors import EmbedderMismatchError
from broadsheet.embed.embedder import Embedder
from broadsheet.embed.registry import EmbedderRegistry
from broadsheet.index.port import IndexSnapshot, IndexStore, Vectors
from broadsheet.search.query.frequencies import Frequencies


@dataclass(frozen=True, slots=True)
class IndexView:
    """Everything of one request agrees: queries are encoded by the model of these vectors."""

    snapshot: IndexSnapshot
    frequencies: Frequencies
    embedder: Embedder
    location: str
    """Where the index is kept, for messages."""

    @classmethod
    def of(cls, index: IndexStore, embedders: EmbedderRegistry) -> "IndexView":
        snapshot = index.snapshot()
        return cls(
            snapshot,
            Frequencies(snapshot),
            embedders.for_vectors(snapshot.embedder),
            index.location(),
        )

    @property
    def has_embedder(self) -> bool:
        """Whether the model of the stored vectors is at hand; true in an empty index."""
        return self.snapshot.embedder in (None, self.embedder.name)

    def encode_query(self, text: str) -> Vectors:
        """Return the vector of a query, shape (dimensions,).

        Raises EmbedderMismatchError if the model of the stored vectors is not at hand.
        """
        self.check_embedder()
        vector: Vectors = self.embedder.encode_queries([text])[0]
        return vector

    def check_embedder(self) -> None:
        """Raise EmbedderMismatchError if vectors made now cannot be compared with stored ones."""
        if not self.has_embedder:
            raise EmbedderMismatchError(
                self.location, str(self.snapshot.embedder), self.embedder.name
            )

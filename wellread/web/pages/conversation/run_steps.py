"""A step of a run as the page shows it: as far as it has come."""

from dataclasses import dataclass, field

from wellread.events import (
    AnyEvent,
    EvidenceScored,
    LibraryDescribed,
    ProductsFound,
    ScopeEntry,
    SearchCell,
    SearchElsewhere,
    SectionRead,
    StepAction,
    StepCompleted,
    StepThinking,
)


@dataclass(slots=True)
class Step:
    """What its events have told."""

    number: int
    title: str
    thinking: str = ""
    action: StepAction | None = None
    cells: dict[tuple[str, str], SearchCell] = field(default_factory=dict)  # by question and product id
    found: tuple[ScopeEntry, ...] = ()
    elsewhere: list[SearchElsewhere] = field(default_factory=list)
    read: SectionRead | None = None
    described: LibraryDescribed | None = None
    scores: list[EvidenceScored] = field(default_factory=list)
    done: StepCompleted | None = None

    def tell(self, event: AnyEvent) -> None:
        """Take in an event of the step that is not its beginning."""
        match event:
            case StepThinking(text=text):
                self.thinking += text
            case StepAction():
                self.action = event
            case ProductsFound(products=products):
                self.found += products
            case SearchCell():
                self.cells[event.question, event.product_id] = event
            case SearchElsewhere():
                self.elsewhere.append(event)
            case SectionRead():
                self.read = event
            case LibraryDescribed():
                self.described = event
            case EvidenceScored():
                self.scores.append(event)
            case StepCompleted():
                self.done = event

    @property
    def searches(self) -> bool:
        return self.action is not None and self.action.action == "search_inside_books"

    @property
    def questions(self) -> list[str]:
        """The rows of the matrix. What is asked is not always what the action says: names of titles are taken out of a
        question, and several in one are asked one by one. As soon as that shows, only what was asked stands there."""
        said = self._said("askBookQuestions")
        asked = dict.fromkeys(question for question, _ in self.cells)
        if asked and (self.done is not None or not asked.keys() <= set(said)):
            return list(asked)
        return list(dict.fromkeys(said))

    @property
    def product_ids(self) -> list[str]:
        """The columns of the matrix."""
        return list(dict.fromkeys((*self._said("productIds"), *(product_id for _, product_id in self.cells))))

    def place(self, cell: SearchCell) -> tuple[int, int]:
        """The row and the column of a cell that came."""
        return self.questions.index(cell.question), self.product_ids.index(cell.product_id)

    @property
    def titles_described(self) -> list[str]:
        """The titles of which metadata or contents were looked up."""
        return (
            list(dict.fromkeys(snippet.title for snippet in self.described.found)) if self.described else []
        )

    def _said(self, name: str) -> tuple[str, ...]:
        value = self.action.parameters.get(name, ()) if self.action else ()
        return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)

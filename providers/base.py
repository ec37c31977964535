"""What every service is made of.

A service is data plus pure functions. `Provider` methods that talk are *flows*: generators that
yield `httpx.Request`s, receive `httpx.Response`s and return a value. They never touch a socket;
`transport.run()` and `transport.arun()` drive the same flow with a sync or an async client.
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

import httpx

from .bills import AccountInfo, ChargePage, Period
from .chats import Chat, ChatRequest
from .errors import NotConfigured, ProviderError, Unsupported
from .params import FileFacts, MediaRule, Params, Widget, read_fields
from .words import Message
from .words import gettext_noop as _

T = TypeVar("T")
Flow = Generator[httpx.Request, httpx.Response, T]

#: characters that the id of a job may have, an adapter's own prefix among them
MAX_REMOTE_ID = 120


class Kind(enum.StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    TEXT = "text"


class Needs(enum.StrEnum):
    """What an operation starts from."""

    NOTHING = "nothing"
    OUTPUT = "output"  # a result of the same service, known there by remote id and index
    IMAGE = "image"  # any image
    VIDEO = "video"  # any video


class State(enum.StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    UNKNOWN = "unknown"  # a word we don't know: logged, kept raw, not terminal

    @property
    def terminal(self) -> bool:
        return self in {State.SUCCEEDED, State.FAILED, State.CANCELED}


class Idempotency(enum.StrEnum):
    """What may be done when nobody knows whether a submit arrived."""

    KEY = "key"  # send it again with the same key: the service deduplicates
    NONE = "none"  # never send it again


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked of a model.

    `count` is how many results one job has, unless `count_parameter` names the parameter that says so;
    `usual_seconds` what it takes when nothing is known better; `price` its credits before factors.
    `preset` are parameters that the button itself stands for ("Vary strong"), `inherits` those that
    the source decides. `repeats_source` means that it has no parameters of its own and costs and makes
    what the source job did. `takes` bounds the file that an operation on any image or video starts from.
    `through_library` names the switch that sends the order's files through the service's asset library.
    """

    slug: str
    label: str
    params: type[Params]
    price: Decimal
    needs: Needs = Needs.NOTHING
    makes: Kind = Kind.IMAGE
    count: int = 1
    usual_seconds: float = 40
    icon: str = ""
    help: str = ""
    preset: Mapping[str, Any] = field(default_factory=dict)
    repeats_source: bool = False
    count_parameter: str = ""
    inherits: tuple[str, ...] = ()
    takes: MediaRule | None = None
    through_library: str = ""

    def count_of(self, params: Params) -> int:
        """How many results a job with these parameters is expected to have."""
        return int(getattr(params, self.count_parameter)) if self.count_parameter else self.count

    def inherited_values(self, source: Result | None) -> dict[str, Any]:
        """The parameters of `inherits` as the nearest result of the lineage has them; a value that this
        operation does not offer is left out."""
        lineage = source.lineage() if source is not None else []
        found = {}
        for spec in read_fields(self.params):
            if spec.name in self.inherits:
                nearest = next((result.params[spec.name] for result in lineage if spec.name in result.params), None)
                if nearest in {option.value for option in spec.options}:
                    found[spec.name] = nearest
        return found

    def inherited(self, params: Params, source: Result | None) -> Params:
        """The parameters with `inherited_values()`. To be called before anything is quoted: a price may hang
        on them."""
        found = self.inherited_values(source)
        return params.model_validate({**params.model_dump(), **found}) if found else params

    @property
    def is_drawn(self) -> bool:
        """Whether it takes a mask, and so belongs into the editor."""
        return any(spec.widget is Widget.MASK for spec in read_fields(self.params))


@dataclass(frozen=True, slots=True)
class PriceFactor:
    """Multiplies the price where `parameter` has `value`."""

    parameter: str
    value: str
    factor: Decimal


@dataclass(frozen=True, slots=True)
class Model:
    """A generation model. `deadline` is how many seconds a job may take before we give up on it, `keeps_hours` how
    long the service keeps its results; `cancels` and `calls_back` say whether a job that waits there can be stopped,
    and whether the service tells of its end."""

    slug: str
    title: str
    wire_id: str
    operations: tuple[Operation, ...]
    idempotency: Idempotency = Idempotency.NONE
    deadline: float = 900
    summary: str = ""
    keeps_hours: float | None = None
    cancels: bool = False
    calls_back: bool = False

    def operation(self, slug: str) -> Operation:
        """Raises Unsupported when the model has no such operation."""
        for operation in self.operations:
            if operation.slug == slug:
                return operation
        raise Unsupported(code="no_such_operation")

    @property
    def starts(self) -> tuple[Operation, ...]:
        """Operations that begin with nothing but parameters."""
        return tuple(
            operation
            for operation in self.operations
            if operation.needs is Needs.NOTHING and operation.makes is not Kind.TEXT
        )

    @property
    def chats(self) -> bool:
        """Whether it answers with words: then it is asked through `Provider.chat()`, not with orders."""
        return any(operation.makes is Kind.TEXT for operation in self.operations)

    def for_any(self, kind: Kind) -> tuple[Operation, ...]:
        """Operations that begin with any file of this kind, whoever made it."""
        wanted = {Kind.IMAGE: Needs.IMAGE, Kind.VIDEO: Needs.VIDEO}.get(kind)
        return tuple(
            operation for operation in self.operations if operation.needs is wanted and operation.makes is not Kind.TEXT
        )


@dataclass(frozen=True, slots=True)
class Media:
    """A file of ours that an order hands over: as a link the service can fetch, or as bytes.

    `url` is None where the service could not reach us; `read()` gives the bytes.
    """

    media_type: str
    size: int
    width: int
    height: int
    url: str | None
    read: Callable[[], bytes] = field(repr=False, compare=False)
    #: seconds and frames a second; 0 where its kind has none
    duration: float = 0
    frame_rate: float = 0
    #: the service's id of it in its asset library, for orders that go through it
    library_id: str = ""

    @property
    def kind(self) -> Kind:
        return Kind(self.media_type.split("/")[0])

    @property
    def facts(self) -> FileFacts:
        return FileFacts(self.media_type, self.size, self.width, self.height, self.duration, self.frame_rate)

    def link(self) -> str:
        """The link. Raises NotConfigured when the studio has no address the service can reach."""
        if self.url is None:
            raise NotConfigured(
                _(
                    "This service has to download your file, but the studio has no public address. "
                    "An administrator has to set STUDIO_PUBLIC_URL."
                ),
                code="no_public_url",
            )
        return self.url


@dataclass(frozen=True, slots=True)
class Result:
    """A finished result as its own service knows it, with where it came from."""

    remote_id: str
    index: int
    model: str
    operation: str
    params: Mapping[str, Any]
    kind: Kind = Kind.IMAGE
    seed: int | None = None
    width: int = 0
    height: int = 0
    parent: Result | None = None

    def lineage(self) -> list[Result]:
        """This result, its parent, and so on to the first."""
        chain: list[Result] = []
        node: Result | None = self
        while node is not None:
            chain.append(node)
            node = node.parent
        return chain


@dataclass(frozen=True, slots=True)
class Order:
    """One request to a service.

    `source` is the result it starts from where that is one of the same service's own; `input` is the
    file it starts from, for operations that take any image or video. `media` holds the files of each
    media and mask field, `boards` the service's ids of each moodboard field, by field name.
    """

    model: Model
    operation: Operation
    params: Params
    source: Result | None = None
    input: Media | None = None
    media: Mapping[str, tuple[Media, ...]] = field(default_factory=dict)
    boards: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    request_key: str = ""
    callback_url: str = ""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A result to collect: `url` to download, or `data` that came inline. `index` is its slot and the number
    by which the service knows it. An `extra` one comes along with what is paid for: it is no part of the price."""

    index: int
    kind: Kind
    url: str = ""
    data: bytes | None = field(default=None, repr=False)
    media_type: str = ""
    extra: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """A slot that the service left empty, with its own words for why."""

    index: int
    reason: str
    user_message: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the service says now. `progress` is 0–1, or None where the service reports none;
    `poll_after` is how many seconds it wants to be left alone. `used` is how much of what was quoted the job came
    to, where the service chose for itself (0–1: five seconds of at most fifteen)."""

    remote_id: str
    state: State
    progress: float | None = None
    files: tuple[RemoteFile, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    seed: int | None = None
    cost: Mapping[str, Any] = field(default_factory=dict)
    usage: Mapping[str, Any] = field(default_factory=dict)
    used: float | None = None
    error: ProviderError | None = None
    poll_after: float | None = None
    cursor: str = ""
    raw: Any = None


@dataclass(frozen=True, slots=True)
class Board:
    """A moodboard as a service gets it; `images` are links."""

    name: str
    description: str
    images: tuple[str, ...]


class LibraryState(enum.StrEnum):
    PROCESSING = "processing"
    ACTIVE = "active"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LibraryAsset:
    """A file in a service's asset library; `error` says why it failed."""

    remote_id: str
    state: LibraryState
    error: ProviderError | None = None


@dataclass(frozen=True, slots=True)
class RawCallback:
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CredentialField:
    """A part of an account's key, or a setting that goes with it; one with a default may be left empty."""

    name: str
    label: str
    secret: bool = True
    default: str = ""


@dataclass(frozen=True, slots=True)
class ReadPrompt:
    """A pasted prompt taken apart: the words, the model that its flags name (or None), parameter
    values that its flags set (for a media parameter a list of addresses), and sentences on flags
    that could not be used."""

    text: str
    model: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Message, ...] = ()


class Provider(ABC):
    """A service. Subclasses declare the data and write the flows; instances hold one account's key."""

    slug: ClassVar[str]
    title: ClassVar[str]
    base_url: ClassVar[str]
    models: ClassVar[tuple[Model, ...]]
    credential_fields: ClassVar[tuple[CredentialField, ...]]
    price_factors: ClassVar[tuple[PriceFactor, ...]] = ()
    #: jobs the service works on at once for one account
    max_concurrent: ClassVar[int] = 100
    #: seconds between looks at a running job
    poll_interval: ClassVar[float] = 3.0
    #: the longest a call may take, in seconds, and the largest reply, in bytes; None where the usual is enough.
    #: A service that answers a submit with the results themselves needs more of both.
    call_seconds: ClassVar[float | None] = None
    reply_bytes: ClassVar[int | None] = None
    #: what one credit of ours stands for on the service's bill, and in which unit; None where it has no bill
    credit_worth: ClassVar[tuple[Decimal, str] | None] = None
    #: most pictures of a new moodboard and of a changed one; None where the service has no moodboards
    board_limits: ClassVar[tuple[int, int] | None] = None
    #: ids in a snapshot's `usage` that people may give to a later order, each with what it is in plain words
    kept_ids: ClassVar[Mapping[str, str]] = {}
    #: credentials that any sandbox accepts
    sandbox_credentials: ClassVar[Mapping[str, str]] = {}

    def __init__(self, credentials: Mapping[str, str], *, base_url: str = "") -> None:
        given = {item.name: credentials.get(item.name) or item.default for item in self.credential_fields}
        missing = [name for name, value in given.items() if not value]
        if missing:
            raise NotConfigured(code="missing_" + "_".join(missing))
        self.credentials = {**credentials, **given}
        self.address = (base_url or self.base_url).rstrip("/")

    @classmethod
    def model(cls, slug: str) -> Model:
        """Raises Unsupported when the service has no such model."""
        for model in cls.models:
            if model.slug == slug:
                return model
        raise Unsupported(code="no_such_model")

    @abstractmethod
    def submit(self, order: Order) -> Flow[Snapshot]: ...

    @abstractmethod
    def fetch(self, remote_id: str, cursor: str = "") -> Flow[Snapshot]: ...

    def cancel(self, remote_id: str) -> Flow[Snapshot]:
        raise Unsupported(code="no_cancel")

    def account(self) -> Flow[AccountInfo]:
        raise Unsupported(code="no_account_query")

    def charges(self, page: int, *, since: datetime | None = None, until: datetime | None = None) -> Flow[ChargePage]:
        """What single jobs cost, page by page from 1."""
        raise Unsupported(code="no_charges")

    def periods(self, page: int = 1) -> Flow[tuple[Period, ...]]:
        """What whole accounting periods cost, newest first."""
        raise Unsupported(code="no_periods")

    def create_board(self, board: Board) -> Flow[str]:
        """The service's id of a new moodboard. Raises ContentRejected or InvalidRequest for a picture it
        does not take."""
        raise Unsupported(code="no_boards")

    def update_board(self, remote_id: str, board: Board) -> Flow[str]:
        """The id that stands for the changed moodboard. Raises ResultExpired when the service has lost it."""
        raise Unsupported(code="no_boards")

    def list_boards(self) -> Flow[frozenset[str]]:
        """The ids of all moodboards that the service still has. May ask several times."""
        raise Unsupported(code="no_boards")

    def create_asset(self, media: Media, name: str) -> Flow[LibraryAsset]:
        """Puts a file into the service's asset library. May be called again for the same file: then there are two."""
        raise Unsupported(code="no_library")

    def look_at_asset(self, remote_id: str) -> Flow[LibraryAsset]:
        """Raises ResultExpired when the service has lost it."""
        raise Unsupported(code="no_library")

    def chat(self, request: ChatRequest) -> Chat:
        """The question to a chat model. Pure, but for reading the files of its messages."""
        raise Unsupported(code="no_chat")

    def test_callback(self, remote_id: str) -> Flow[None]:
        """Has the service post a finished job's callback once more, to try whether it arrives."""
        raise Unsupported(code="no_callback_test")

    def read_callback(self, raw: RawCallback) -> list[str]:
        """Remote ids to look at again. A hint, never the truth."""
        return []

    @classmethod
    def follow_ups(cls, result: Result) -> tuple[Operation, ...]:
        """What this service takes of one of its own results. Pure."""
        return ()

    @classmethod
    def read_prompt(cls, model: Model, text: str) -> ReadPrompt:
        """Takes flags out of a pasted prompt. Services without flags return it as it is."""
        return ReadPrompt(text)

    @classmethod
    def expected_size(cls, order_params: Params) -> tuple[int, int] | None:
        """Width and height that the results are expected to have, for their place on the page."""
        return None

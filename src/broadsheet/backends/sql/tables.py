"""The tables. A change here needs a migration under ``migrations/versions``.

Numbers of days and dates are ``YYYYMMDD`` (zeros for unknown parts), times
are whole seconds since 1970 UTC. Text that is unknown is NULL, so that it costs
no room. Keys and change numbers are given out by ``meta`` within the one write
transaction, so they are never reused and grow by commit order on any database.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

_KEY = BigInteger().with_variant(Integer, "sqlite")
"""Only a column of exactly INTEGER is SQLite's row number."""

papers = Table(
    "papers",
    metadata,
    Column("key", _KEY, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("listed", Integer, nullable=False),  # a day, or the month or year if no day is known
    Column("votes", Integer, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("published", Integer),
    Column("updated", Integer),
    Column("title", Text, nullable=False),
    Column("abstract", Text),
    Column("venue", Text),
    Column("url", Text),  # NULL: the address that follows from ``id``
    Column("code_url", Text),
    Column("project_url", Text),
    Column("comment", Text),
    Column("status", Text),
    # The rest is JSON text in the compact forms of ``rows``; nothing looks inside with SQL.
    Column("authors", Text),
    Column("identifiers", Text),  # NULL: the one that ``id`` is, or none for a local id
    Column("categories", Text),
    Column("keywords", Text),
    Column("versions", Text),
    Column("signals", Text),
    Column("extra", Text),
    Column("sources", Text),
    Column("publication", Text),
)
Index("papers_by_listing", papers.c.listed, papers.c.votes.desc())

# Where records came from: the same file and format for thousands of them.
origins = Table(
    "origins",
    metadata,
    Column("number", _KEY, primary_key=True, autoincrement=False),
    Column("origin", Text, nullable=False),
    Column("format", Text, nullable=False),
    UniqueConstraint("origin", "format"),
)

# What many raw records of a format have in common: see ``compression``.
dictionaries = Table(
    "dictionaries",
    metadata,
    Column("number", _KEY, primary_key=True, autoincrement=False),
    Column("format", Text, nullable=False),
    Column("learned_at", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

records = Table(
    "records",
    metadata,
    Column("number", _KEY, primary_key=True),
    Column("source", Text, nullable=False),
    Column("source_key", Text, nullable=False),
    Column("paper", _KEY, ForeignKey("papers.key"), nullable=False),
    Column("content", BigInteger, nullable=False),
    Column("title_key", BigInteger, nullable=False),
    Column("origin", _KEY, ForeignKey("origins.number"), nullable=False),
    Column("position", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("kept_at", BigInteger),  # NULL: came before this was noted
)
Index("records_by_name", records.c.source, records.c.source_key, unique=True)
Index("records_by_paper", records.c.paper)
Index("records_by_title", records.c.title_key)

# Contents that came under a record's name and are not, or no longer, its stored content.
seen = Table(
    "seen",
    metadata,
    Column("source", Text, primary_key=True),
    Column("source_key", Text, primary_key=True),
    Column("content", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

identifiers = Table(
    "identifiers",
    metadata,
    Column("scheme", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("paper", _KEY, ForeignKey("papers.key"), nullable=False),
    sqlite_with_rowid=False,
)
Index("identifiers_by_paper", identifiers.c.paper)

redirects = Table(
    "redirects",
    metadata,
    Column("former_id", Text, primary_key=True),
    Column("paper", _KEY, ForeignKey("papers.key"), nullable=False),
    sqlite_with_rowid=False,
)
Index("redirects_by_paper", redirects.c.paper)

# Pairs of papers that a curator has said are two works; each pair stands in both orders.
parted_papers = Table(
    "parted_papers",
    metadata,
    Column("paper", _KEY, primary_key=True, autoincrement=False),
    Column("other", _KEY, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
Index("parted_papers_by_other", parted_papers.c.other)

rejected = Table(
    "rejected",
    metadata,
    Column("number", _KEY, primary_key=True),
    Column("content", BigInteger, nullable=False, unique=True),
    Column("origin", Text, nullable=False),
    Column("position", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("rejected_at", BigInteger, nullable=False),
    Column("waits_for", Text),  # "arxiv:2401.00001": used when a paper of this name comes
    sqlite_autoincrement=True,
)
Index("rejected_by_name", rejected.c.waits_for)

# Numbers that speak for a paper: a row for each day on which one changed.
signals = Table(
    "signals",
    metadata,
    Column("paper", _KEY, ForeignKey("papers.key"), primary_key=True, autoincrement=False),
    Column("source", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("value", Float, nullable=False),
    Column("previous", Float),  # the number before it; NULL for the first
    sqlite_with_rowid=False,
)
Index("signals_by_name", signals.c.name, signals.c.day)
_GREW = signals.c.previous.is_not(None)
# Only the migration says postgresql_where: here it would import that dialect in every command.
Index("signals_of_growth", signals.c.day, sqlite_where=_GREW)

# One row a paper, moved to the end at each write; papers that are gone keep theirs.
changes = Table(
    "changes",
    metadata,
    Column("number", _KEY, primary_key=True, autoincrement=False),
    Column("paper", _KEY, nullable=False, unique=True),
    Column("removed", Integer, nullable=False),
    Column("at", BigInteger, nullable=False, server_default="0"),
    Column("former_id", Text),  # of a paper that is gone; NULL if that was before this was noted
)

meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
)

# Where each source is to go on.
source_cursors = Table(
    "source_cursors",
    metadata,
    Column("source", Text, primary_key=True),
    Column("cursor", Text, nullable=False),  # JSON
    sqlite_with_rowid=False,
)

# What servers said tells one state of an address from the next.
source_validators = Table(
    "source_validators",
    metadata,
    Column("source", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("etag", Text, nullable=False),
    Column("last_modified", Text, nullable=False),
    sqlite_with_rowid=False,
)

source_runs = Table(
    "source_runs",
    metadata,
    Column("number", _KEY, primary_key=True),
    Column("source", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("outcome", Text, nullable=False),
    Column("read", BigInteger, nullable=False),
    Column("new", BigInteger, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Column("message", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("retry_at", BigInteger),
    sqlite_autoincrement=True,
)
Index("source_runs_by_source", source_runs.c.source, source_runs.c.number)

# Who runs a shared job now.
leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),  # by the clock of the database
    sqlite_with_rowid=False,
)

# How the last run of each background job went.
jobs = Table(
    "jobs",
    metadata,
    Column("name", Text, primary_key=True),
    Column("place", Text, primary_key=True),  # "": shared by all processes
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger, nullable=False),
    Column("result", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("retry_at", BigInteger),
    sqlite_with_rowid=False,
)

# Subscriptions: reader, topic and time.
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("address", Text, nullable=False),
    Column("topic_kind", Text, nullable=False),
    Column("topic_value", Text, nullable=False),
    Column("topic_label", Text, nullable=False, server_default=""),
    Column("every", Text, nullable=False),
    Column("weekday", Integer, nullable=False),
    Column("minute", Integer, nullable=False),  # of the local day
    Column("zone", Text, nullable=False),
    Column("papers", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    Column("markup", Text, nullable=False),
    Column("when_empty", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("confirmed_at", BigInteger),
    Column("seen_at", BigInteger),  # the last sign of the reader
    Column("asked_at", BigInteger),  # NULL unless an answer is awaited
    UniqueConstraint("address", "topic_kind", "topic_value"),
    sqlite_autoincrement=True,
)

# The issue of a subscription and period as it was composed, so that a repetition says the same.
issues = Table(
    "issues",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("subscription", _KEY, ForeignKey("subscriptions.id"), nullable=False),
    Column("period", Text, nullable=False),
    Column("content", Text, nullable=False),  # JSON
    Column("composed_at", BigInteger, nullable=False),
    UniqueConstraint("subscription", "period"),
)

# One row a subscription and period, so that a retry is safe.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("subscription", _KEY, ForeignKey("subscriptions.id"), nullable=False),
    Column("period", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("next_attempt_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("holder", Text, nullable=False),
    Column("claim_expires_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Column("last_error", Text, nullable=False),
    UniqueConstraint("subscription", "period"),
    sqlite_autoincrement=True,
)
Index("deliveries_by_attempt", deliveries.c.state, deliveries.c.next_attempt_at)

# Papers a subscription has had, with their version then. ``paper`` follows mergers of papers.
sent_papers = Table(
    "sent_papers",
    metadata,
    Column(
        "subscription",
        _KEY,
        ForeignKey("subscriptions.id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("paper", _KEY, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    sqlite_with_rowid=False,
)
Index("sent_papers_by_paper", sent_papers.c.paper)

# Addresses that must never be written to again.
suppressed_addresses = Table(
    "suppressed_addresses",
    metadata,
    Column("address", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
)

# People with an account. Secrets are kept as hashes only, here and below.
accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("folded_name", Text, nullable=False, unique=True),
    Column("address", Text, unique=True),
    Column("role", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("banned", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("confirmed_at", BigInteger),  # when mail to the address proved to arrive
    sqlite_with_rowid=False,
)

# Browsers that are signed in.
sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),  # hash of the token in the cookie
    Column("account", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index("sessions_by_account", sessions.c.account)

# Tokens for programs.
access_tokens = Table(
    "access_tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("hash", Text, nullable=False, unique=True),
    Column("account", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    sqlite_with_rowid=False,
)
Index("access_tokens_by_account", access_tokens.c.account)

# Invitations that were not used yet.
invitations = Table(
    "invitations",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("account", Text, nullable=False),  # who invites
    Column("expires_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Links in the mail that sign in, each once.
sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Accounts elsewhere that sign in here (OpenID Connect).
identities = Table(
    "identities",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("linked_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index("identities_by_account", identities.c.account)

# Attempts to sign in that failed, and requests for links, by account and by network address.
sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("number", _KEY, primary_key=True),
    Column("name", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
Index("sign_in_attempts_by_name", sign_in_attempts.c.name, sign_in_attempts.c.at)

# What readers say about papers: votes, saved, read … ``paper`` follows mergers of papers.
reader_marks = Table(
    "reader_marks",
    metadata,
    Column("account", Text, primary_key=True),
    Column("paper", _KEY, primary_key=True, autoincrement=False),
    Column("mark", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index("reader_marks_by_paper", reader_marks.c.paper, reader_marks.c.mark)

# Lists of papers. ``paper`` of their entries follows mergers of papers.
collections = Table(
    "collections",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("sharing", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index("collections_by_account", collections.c.account, collections.c.changed_at)

collection_entries = Table(
    "collection_entries",
    metadata,
    Column("collection", Text, primary_key=True),
    Column("paper", _KEY, primary_key=True, autoincrement=False),
    Column("place", Integer, nullable=False),
    Column("note", Text, nullable=False),
    sqlite_with_rowid=False,
)
Index("collection_entries_by_paper", collection_entries.c.paper)

# Comments on papers. ``paper`` follows mergers of papers.
comments = Table(
    "comments",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("paper", _KEY, nullable=False),
    Column("parent", _KEY),
    Column("account", Text, nullable=False),  # "" if it is deleted
    Column("text", Text, nullable=False),  # Markdown
    Column("state", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("edited_at", BigInteger),
    sqlite_autoincrement=True,
)
Index("comments_by_paper", comments.c.paper)
Index("comments_by_account", comments.c.account, comments.c.created_at)

# Earlier texts of edited comments.
comment_texts = Table(
    "comment_texts",
    metadata,
    Column("number", _KEY, primary_key=True),
    Column("comment", _KEY, nullable=False),
    Column("text", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
Index("comment_texts_by_comment", comment_texts.c.comment)

comment_flags = Table(
    "comment_flags",
    metadata,
    Column("comment", _KEY, primary_key=True, autoincrement=False),
    Column("account", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# What moderators did, for everybody to read.
moderation_log = Table(
    "moderation_log",
    metadata,
    Column("number", _KEY, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("moderator", Text, nullable=False),  # the name, which outlives the account
    Column("action", Text, nullable=False),
    Column("reason", Text, nullable=False),
    sqlite_autoincrement=True,
)

# What readers decide about terms and authors in their own ranking.
reader_edits = Table(
    "reader_edits",
    metadata,
    Column("account", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("decision", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Texts that count as liked papers.
reader_texts = Table(
    "reader_texts",
    metadata,
    Column("number", _KEY, primary_key=True),
    Column("account", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
Index("reader_texts_by_account", reader_texts.c.account)

# What readers follow: authors, venues, searches … Of a member ``value`` is the account's id.
follows = Table(
    "follows",
    metadata,
    Column("number", _KEY, primary_key=True),
    Column("account", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("folded", Text, nullable=False),  # the value in lower case
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account", "kind", "folded"),
    sqlite_autoincrement=True,
)
Index("follows_by_value", follows.c.kind, follows.c.value)

# What members submit. ``paper`` follows mergers of papers.
submissions = Table(
    "submissions",
    metadata,
    Column("number", _KEY, primary_key=True),
    Column("account", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("paper", _KEY),  # NULL until it is listed
    Column("problem", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("listed_on", Integer),
    sqlite_autoincrement=True,
)
Index("submissions_by_paper", submissions.c.paper)
Index("submissions_by_account", submissions.c.account, submissions.c.created_at)
Index("submissions_by_state", submissions.c.state, submissions.c.listed_on)

# Papers that curators feature. ``paper`` follows mergers of papers.
features = Table(
    "features",
    metadata,
    Column("paper", _KEY, primary_key=True, autoincrement=False),
    Column("account", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("day", Integer, nullable=False),
    Column("place", Integer, nullable=False),  # on its day, from 1
    sqlite_with_rowid=False,
)
Index("features_by_day", features.c.day, features.c.place)

# When readers were here: now, and at the end of the visit before.
visits = Table(
    "visits",
    metadata,
    Column("account", Text, primary_key=True),
    Column("before", BigInteger),
    Column("last_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Pools of papers that readers work through.
screenings = Table(
    "screenings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("recall", Float, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("review", Text),  # id of the screening that the others joined; its own if none
    sqlite_with_rowid=False,
)
Index("screenings_by_review", screenings.c.review)
Index("screenings_by_account", screenings.c.account, screenings.c.created_at)

# The papers of a screening. ``paper`` follows mergers of papers.
screening_papers = Table(
    "screening_papers",
    metadata,
    Column("screening", Text, primary_key=True),
    Column("paper", _KEY, primary_key=True, autoincrement=False),
    Column("place", Integer, nullable=False),  # in the search
    Column("number", Integer),  # in the order of reading; NULL if it is unread
    Column("relevant", Integer),  # 0 or 1; NULL if it is unread
    Column("reason", Text),
    Column("at", BigInteger),
    sqlite_with_rowid=False,
)
Index("screening_papers_by_paper", screening_papers.c.paper)

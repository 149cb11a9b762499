"""All syntax errors of a text in one run: each error stops the parser, which then continues as directed here.

An error is first repaired in place, as the diagnosis suggests, if the tokens after it can then be read. Otherwise open
constructs are dropped as far as needed, and parsing continues at the next statement, setting, alternative or closing
bracket. The values built on the way are discarded, so inserted words are never compiled. The words that were read and
inserted are kept, so that `remains` can find the valid parts of the text.
"""

from __future__ import annotations

from dataclasses import dataclass

from lark import Token

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.syntax.diagnose import diagnose
from sqsem_dsl.syntax.errors import Misplaced, Missing, Misspelled, StrayCloser, TooDeep, Unclosed
from sqsem_dsl.syntax.failure import Failure, Stack
from sqsem_dsl.syntax.finding import Repair
from sqsem_dsl.syntax.limits import DEEPEST_EXPRESSION
from sqsem_dsl.syntax.reader import Reader, Snapshot, Word, make_token
from sqsem_dsl.syntax.resume import DUMMIES, RESERVED, Resume
from sqsem_dsl.syntax.tokens import Tokens
from sqsem_dsl.syntax.words import CLOSERS, OPENERS, PUNCTUATION, STATEMENTS

MOST = 20
"""Errors after which the rest of a text is ignored."""

_QUIET = 1
"""Tokens that must be read after an error before the next one is reported."""
_BEFORE = 8
"""Tokens before an error that its diagnosis may read."""

_DEEPEST = 1500
"""Entries of the parser's stack beyond which recovery stops: expressions nested beyond all limits."""


@dataclass(frozen=True)
class Recovered:
    """The syntax errors of an invalid text, in order of place, at most `MOST`; and its words as interpreted, which
    parse, or None if the end of the text was not reached."""

    errors: list[Diagnostic]
    words: list[Word] | None


def recover(tokens: Tokens) -> Recovered:
    """Reads an invalid text as far as possible."""
    recovery = _Recovery(tokens)
    errors = sorted(recovery.run(), key=lambda found: found.span.start)
    return Recovered(errors, recovery.reader.words if recovery.complete else None)


class _Recovery:
    def __init__(self, tokens: Tokens) -> None:
        self.source, self.text = tokens.source, tokens.source.text
        self.resume = Resume(tokens)
        self.reader = Reader(self.text)
        self.read: list[Token] = []
        self.since_error = _QUIET
        self.found: list[Diagnostic] = []
        self.places: set[tuple[int, int]] = set()
        self.unbalanced = False
        self.complete = False

    # ---- reading

    def run(self) -> list[Diagnostic]:
        before_previous = self.reader.snapshot()
        while len(self.found) < MOST:
            before = self.reader.snapshot()
            if len(before.states) > _DEEPEST:
                last = self.read[-1]
                place = Span(self.source, int(last.start_pos or 0), int(last.end_pos or 0))
                self.found.append(TooDeep(place, "expressions", DEEPEST_EXPRESSION))
                break
            token = self.reader.next_token()
            if token.type != "?" and self.reader.fed(token):
                if token.type == "$END":
                    self.complete = True
                    break
                self.read.append(token)
                self.since_error += 1
                before_previous = before
                continue
            self.reader.restore(before)
            if self.is_statement(token):
                # the parser's lexer recognizes keywords only where they fit; elsewhere it read this one as a name
                token = _retyped(token)
            failure = self.failure(token, before)
            if self.began_statement(token):
                # `let x =` and on the next line `input y: …`: `input` was read as a name, and the error is before it
                word = self.read.pop()
                self.reader.restore(before_previous)
                failure = self.failure(_retyped(word), before_previous)
            else:
                failure = self.misspelled_before(failure, before_previous)
            if not self.handle(failure):
                break
            before_previous = self.reader.snapshot()
        return self.found

    def failure(self, token: Token, at: Snapshot) -> Failure:
        return Failure(self.source, token, tuple(self.read[-_BEFORE:]), Stack(self.reader.table, at.states, at.values))

    # ---- misread keywords

    def began_statement(self, token: Token) -> bool:
        """Whether the last name read is a keyword at the start of a line that looks like the start of its statement."""
        return bool(self.read) and self.is_statement(self.read[-1])

    def is_statement(self, word: Token) -> bool:
        """Whether a name is a keyword at the start of a line that looks like the start of its statement."""
        if word.type != "NAME" or str(word).upper() not in STATEMENTS - RESERVED:
            return False
        line_start = self.text.rfind("\n", 0, word.start_pos) + 1
        return not self.text[line_start : word.start_pos].strip() and self.resume.begins(
            self.resume.index(int(word.start_pos or 0))
        )

    def misspelled_before(self, failure: Failure, at: Snapshot) -> Failure:
        """The failure at the previous name, if that is a misspelled keyword that would have fitted: `bypas skip in
        …`."""
        if failure.type != "NAME" or not self.read or self.read[-1].type != "NAME":
            return failure
        word = self.read.pop()
        earlier = self.failure(word, at)
        finding = diagnose(Failure(self.source, word, earlier.before, _without_name(earlier.stack)))
        if isinstance(finding.diagnostic, Misspelled) and finding.repairs:
            after = earlier.stack.takes([*finding.repairs[0].insert, "NAME"])
            if after:
                self.reader.restore(at)
                return Failure(self.source, word, earlier.before, _without_name(earlier.stack))
        self.read.append(word)
        return failure

    # ---- continuing

    def handle(self, failure: Failure) -> bool:
        """Reports a failure and moves the parser to a place from which it can continue; False if there is none."""
        finding = diagnose(failure)
        place = (failure.start, len(failure.stack.states))
        if place in self.places:
            return self.resynchronise(failure, failure.end)
        self.places.add(place)
        if (
            self.since_error >= _QUIET
            and not self.reported(finding.diagnostic)
            and not self.follows(failure, finding.diagnostic)
        ):
            self.found.append(finding.diagnostic)
        self.since_error = 0
        for repair in finding.repairs:
            if self.repaired(failure, repair):
                return True
        if failure.type == "$END":
            self.finish(failure)
            return False
        return self.resynchronise(failure, failure.start)

    def finish(self, failure: Failure) -> None:
        """At the end of the text, closes open constructs, and drops those that cannot be closed."""
        for length in range(len(failure.stack.values), -1, -1):
            cut = failure.stack.cut(length)
            closers = tuple(OPENERS[bracket.type] for _, bracket in reversed(cut.open))
            for dummies in DUMMIES:
                if cut.takes((*dummies, *closers, "$END")):
                    self.reader.go_on(self.reader.cut(length), (*dummies, *closers), failure.start, failure.end)
                    self.complete = True
                    return

    def reported(self, diagnostic: Diagnostic) -> bool:
        """Whether the same place was reported before: an open bracket is reported once, for all its consequences."""
        return any(old.span == diagnostic.span for old in self.found)

    def follows(self, failure: Failure, diagnostic: Diagnostic) -> bool:
        """Whether an error is a consequence of a wrong bracket before it: brackets that no longer match, statements or
        stages after the last brace, a bracket that a repair inserted, or the missing `out` of statements in the wrong
        place."""
        if isinstance(diagnostic, Missing) and "OUT" in failure.accepts and failure.innermost is not None:
            opened = failure.innermost.start_pos
            if any(isinstance(d, Misplaced) and d.around is not None and d.around.start == opened for d in self.found):
                return True
        if isinstance(diagnostic, Unclosed) and diagnostic.span.text != diagnostic.bracket:
            return True  # a bracket that a repair inserted
        if not self.unbalanced:
            self.unbalanced = isinstance(diagnostic, Unclosed | StrayCloser) or failure.type in CLOSERS
            return False
        return isinstance(diagnostic, StrayCloser) or failure.innermost is None or failure.type == "$END"

    def repaired(self, failure: Failure, repair: Repair) -> bool:
        """Tries a repair: keeps it if the two tokens after it can be read."""
        stack = failure.stack
        if not stack.takes(repair.insert):
            return False
        saved = self.reader.snapshot()
        self.reader.go_on(saved, repair.insert, failure.start, repair.resume, repair.sure)
        kept = self.reader.snapshot()
        fine = True
        for _ in range(2):
            token = self.reader.next_token()
            if token.type == "?" or not self.reader.fed(token):
                fine = False
                break
            if token.type == "$END" or token.type in STATEMENTS:
                break
        self.reader.go_on(kept if fine else saved, (), failure.start, repair.resume)
        if fine:
            self.read += [make_token(t, PUNCTUATION.get(t, t.lower()), failure.start) for t in repair.insert]
        return fine

    def resynchronise(self, failure: Failure, offset: int) -> bool:
        """Skips to the next place at which the parser can continue."""
        stack = failure.stack
        for index, terminal, closed in self.resume.candidates(stack, offset):
            start = self.resume.code[index].start
            if (start, -1) in self.places:
                continue
            found = self.resume.fitting(stack, terminal, closed, start)
            if found is not None:
                length, dummies = found
                self.places.add((start, -1))
                self.reader.go_on(self.reader.cut(length), dummies, failure.start, start)
                self.read.append(make_token("_", "", start))
                return True
        return False


def _retyped(word: Token) -> Token:
    return make_token(str(word).upper(), str(word), int(word.start_pos or 0))


def _without_name(stack: Stack) -> Stack:
    """The stack with `NAME` not accepted, so that a name is checked as a keyword."""
    narrowed = Stack(stack.table, stack.states, stack.values)
    narrowed.__dict__["accepts"] = stack.accepts - {"NAME"}
    return narrowed

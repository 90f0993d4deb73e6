"""Read printed jaxpr text: a small parser, independent of jaxpeep's own.

It understands what ``print`` writes for JAX 0.4.30 and newer, except mutable
references. Parameter values that are not jaxprs stay text until asked for.
"""

import re
from dataclasses import dataclass, field
from typing import Any


class JaxprSyntaxError(ValueError):
    """The text is not a jaxpr, or one of a kind that this parser does not know."""


@dataclass(frozen=True)
class Literal:
    """A literal operand; ``type`` is None where the release prints none."""

    text: str
    type: str | None


@dataclass(frozen=True)
class Binder:
    name: str
    type: str | None


#: An operand or a result: a variable by its name, or a literal.
Atom = str | Literal


@dataclass
class Jaxpr:
    constvars: list[Binder]
    invars: list[Binder]
    equations: list["Equation"] = field(default_factory=list)
    results: list[Atom] = field(default_factory=list)


@dataclass
class Equation:
    outputs: list[Binder]
    primitive: str
    #: A value is a Jaxpr, a list of Jaxprs and names, or text.
    parameters: dict[str, Any]
    operands: list[Atom]
    line: int


@dataclass
class Program:
    """The hoisted definitions by name, and the main jaxpr."""

    definitions: dict[str, Jaxpr]
    main: Jaxpr

    def resolve(self, value: Any) -> Jaxpr:
        """A jaxpr as written in a parameter: in place, or by name."""
        if isinstance(value, Jaxpr):
            return value
        if value in self.definitions:
            return self.definitions[value]
        raise JaxprSyntaxError(f"no definition called {value!r}")


COLOR = re.compile(r"\x1b\[[0-9;]*m")
#: What source_info=True and name_stack=True append, two on one line in JAX 0.6-0.9.
ANNOTATION = re.compile(
    r"(?: +# ?(?:\S+:\d+(?::\d+)? \([^()\n]*\)|\[[^\n]*\])?)+ *$", re.M
)
NAME = re.compile(r"[A-Za-z_]\w*")
PRIMITIVE = re.compile(r"[A-Za-z_][\w-]*")
KEY = re.compile(r"\s*(\w+)=")
NEXT_KEY = re.compile(r"\s+\w+=")
NUMBER = re.compile(
    r"\(b'[^']*',\)|\([^()\s]*j\)|(?:True|False|-?inf|nan|-?[0-9][\w.+-]*)(?!\w)"
)
#: The start of a tuple of jaxprs: blanks inside its parentheses, no commas.
JAXPRS = re.compile(r"\(\s*(?:[A-Za-z_]\w*\s+)*(?:\{ lambda|[A-Za-z_]\w*\s*\))")
OPEN, CLOSE = "([{", ")]}"


def parse(text: str) -> Program:
    """The program in ``text``."""
    text = ANNOTATION.sub("", COLOR.sub("", text))
    return Parser(text.rstrip() + "\n").program()


class Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fail(self, expected: str) -> JaxprSyntaxError:
        line = self.text.count("\n", 0, self.at) + 1
        found = self.text[self.at : self.at + 40]
        return JaxprSyntaxError(f"line {line}: expected {expected}, found {found!r}")

    def skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def sees(self, word: str) -> bool:
        return self.text.startswith(word, self.at)

    def take(self, word: str) -> bool:
        self.skip()
        if self.sees(word):
            self.at += len(word)
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.take(word):
            raise self.fail(repr(word))

    def match(self, pattern: re.Pattern[str], what: str) -> str:
        self.skip()
        found = pattern.match(self.text, self.at)
        if not found:
            raise self.fail(what)
        self.at = found.end()
        return found.group()

    # program := { "let " NAME " = " jaxpr " in" } jaxpr

    def program(self) -> Program:
        definitions = {}
        while self.take("let "):
            name = self.match(NAME, "the name of a definition")
            self.expect("=")
            definitions[name] = self.jaxpr()
            self.expect("in")
        return Program(definitions, self.jaxpr())

    def jaxpr(self) -> Jaxpr:
        self.expect("{")
        self.expect("lambda")
        constvars = self.binders()
        self.expect(";")
        invars = self.binders()
        self.expect(".")
        self.expect("let")
        jaxpr = Jaxpr(constvars, invars)
        while not self.at_results():
            jaxpr.equations.append(self.equation())
            self.take(";")
        self.expect("in")
        self.expect("(")
        while not self.take(")"):
            jaxpr.results.append(self.atom())
            self.take(",")
        if self.take(":"):
            self.balanced("}")
        self.expect("}")
        return jaxpr

    def at_results(self) -> bool:
        self.skip()
        return self.sees("in (")

    def binders(self) -> list[Binder]:
        found = []
        self.skip()
        while NAME.match(self.text, self.at):
            name = self.match(NAME, "a variable")
            found.append(Binder(name, self.type() if self.take(":") else None))
            self.skip()
        return found

    def type(self) -> str:
        return self.balanced(" \n;.,)")

    def balanced(self, stop: str) -> str:
        """The text up to one of the characters ``stop`` outside of brackets."""
        start, depth = self.at, 0
        while self.at < len(self.text):
            character = self.text[self.at]
            if depth == 0 and character in stop:
                return self.text[start : self.at]
            depth += (character in OPEN) - (character in CLOSE)
            self.at += 1
        raise self.fail(f"one of {stop!r}")

    # equation := [binders " = "] PRIMITIVE [parameters] " " operands

    def equation(self) -> Equation:
        self.skip()
        line_start = self.text.rfind("\n", 0, self.at) + 1
        line = self.text[line_start : self.at]
        indent = len(line) - len(line.lstrip())
        number = self.text.count("\n", 0, self.at) + 1
        outputs = self.outputs()
        primitive = self.match(PRIMITIVE, "a primitive")
        if primitive.endswith("-"):  # `b[0] <- c` is not handled
            raise self.fail("a primitive")
        parameters = self.parameters() if self.sees("[") else {}
        operands = []
        while self.at_operand(indent):
            operands.append(self.atom())
        return Equation(outputs, primitive, parameters, operands, number)

    def outputs(self) -> list[Binder]:
        start = self.at
        names = self.binders()
        if names and self.take("="):
            return names
        self.at = start
        return []

    def at_operand(self, indent: int) -> bool:
        """Whether the equation that began at ``indent`` goes on."""
        while self.text[self.at] == " ":
            self.at += 1
        if self.text[self.at] == "\n":
            following = self.text[self.at + 1 : self.at + indent + 2]
            if following.strip(" ") or len(following) <= indent:
                return False
            self.skip()
        return self.text[self.at] not in ";}" and not self.sees("in (")

    def atom(self) -> Atom:
        self.skip()
        if number := NUMBER.match(self.text, self.at):
            typed = self.text.startswith(":", number.end())
            is_name = number.group() in ("inf", "nan") and not typed
            if not is_name or not re.search(rf"\b{number.group()}:", self.text):
                self.at = number.end()
                if not self.sees(":"):
                    return Literal(number.group(), None)
                self.at += 1
                return Literal(number.group(), self.type())
        return self.match(NAME, "a variable or a literal")

    # parameters := "[" KEY "=" value { " " KEY "=" value } "]"

    def parameters(self) -> dict[str, Any]:
        self.expect("[")
        parameters = {}
        while not self.take("]"):
            key = self.match(KEY, "a parameter").strip()[:-1]
            parameters[key] = self.value()
        return parameters

    def value(self) -> Any:
        if self.sees("{ lambda"):
            return self.jaxpr()
        if JAXPRS.match(self.text, self.at):
            return self.jaxprs()
        start, depth = self.at, 0
        while self.at < len(self.text):
            character = self.text[self.at]
            if depth == 0 and (character == "]" or NEXT_KEY.match(self.text, self.at)):
                return self.text[start : self.at].rstrip()
            depth += (character in OPEN) - (character in CLOSE)
            self.at += 1
        raise self.fail("]")

    def jaxprs(self) -> list[Jaxpr | str]:
        """``( { lambda … } name … )``: separated by blanks."""
        self.expect("(")
        found: list[Jaxpr | str] = []
        while not self.take(")"):
            self.skip()
            found.append(self.jaxpr() if self.sees("{") else self.match(NAME, "a name"))
        return found


def parse_named_jaxprs(text: str) -> dict[str, Program]:
    """``_LinearSolveTuple(matvec={ lambda … }, solve=let … in { … })`` by name.

    Such a value is printed by ``str``: each part is a whole program.
    """
    parser = Parser(text)
    parser.match(re.compile(r"\w+\("), "a tuple of jaxprs")
    parts = {}
    while not parser.take(")"):
        key = parser.match(KEY, "a name").strip()[:-1]
        if not parser.take("None"):
            parts[key] = parser.program()
        parser.take(",")
    return parts


def split_tuple(text: str) -> list[str]:
    """The text of each element of a printed tuple."""
    parser, parts = Parser(text), []
    parser.expect("(")
    while not parser.take(")"):
        parser.skip()
        parts.append(parser.balanced(",)"))
        parser.take(",")
    return parts

//! Lays Python out as `ruff format` leaves it, at its default width.
//!
//! What does not fit on a line is broken in its outermost brackets: the arguments of a call go to a line of their
//! own if they fit there, and else to a line each, with a comma behind the last; items of a tuple or list go to a
//! line each at once.

use super::python::{Argument, Expr, Function, Statement, Target};

const WIDTH: usize = 88;
const INDENT: usize = 4;

/// A function with everything in it, newline included, `depth` levels deep.
pub(super) fn function(function: &Function, depth: usize, out: &mut String) {
    if let Some(decorator) = &function.decorator {
        start(depth, out);
        out.push('@');
        expression(decorator, depth * INDENT, 0, out);
        out.push('\n');
    }
    start(depth, out);
    out.push_str("def ");
    out.push_str(&function.name);
    let names: Vec<Argument> = function
        .parameters
        .iter()
        .map(|name| Argument {
            keyword: None,
            value: Expr::atom(name.as_str()),
        })
        .collect();
    // The colon stands behind the bracket.
    arguments(&names, depth * INDENT, 1, true, out);
    out.push_str(":\n");
    doc(&function.doc, depth + 1, out);
    // A function that follows the docstring at once is set off from it.
    if !function.doc.is_empty() && announces_function(&function.body) {
        out.push('\n');
    }
    block(&function.body, depth + 1, out);
}

/// Lines of a docstring.
pub(super) fn doc(lines: &[String], depth: usize, out: &mut String) {
    let Some((first, rest)) = lines.split_first() else {
        return;
    };
    start(depth, out);
    out.push_str("\"\"\"");
    out.push_str(first);
    for line in rest {
        out.push('\n');
        if !line.is_empty() {
            start(depth, out);
            out.push_str(line);
        }
    }
    if !rest.is_empty() {
        out.push('\n');
        start(depth, out);
    }
    out.push_str("\"\"\"\n");
}

fn block(statements: &[Statement], depth: usize, out: &mut String) {
    for (index, next) in statements.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| &statements[before]);
        let is_function = matches!(next, Statement::Function(_));
        let after_function = matches!(before, Some(Statement::Function(_)));
        let after_comment = matches!(before, Some(Statement::Comment(_)));
        // A comment belongs to the function behind it; the blank line comes before the comment.
        let announces = matches!(next, Statement::Comment(_)) && announces_function(&statements[index..]);
        if before.is_some() && (after_function || (!after_comment && (is_function || announces))) {
            out.push('\n');
        }
        statement(next, depth, out);
    }
}

fn announces_function(statements: &[Statement]) -> bool {
    let behind = statements
        .iter()
        .find(|next| !matches!(next, Statement::Comment(_)));
    matches!(behind, Some(Statement::Function(_)))
}

fn statement(next: &Statement, depth: usize, out: &mut String) {
    if let Statement::Function(inner) = next {
        return function(inner, depth, out);
    }
    start(depth, out);
    let indent = depth * INDENT;
    match next {
        Statement::Function(_) => {}
        Statement::Comment(text) => {
            out.push_str("# ");
            out.push_str(text);
        }
        Statement::Assign(to, value) => assign(to, value, indent, out),
        Statement::Expression(value) => expression(value, indent, 0, out),
        Statement::Return(value) => {
            out.push_str("return ");
            results(value, indent, out);
        }
        Statement::Raise(value) => {
            out.push_str("raise ");
            expression(value, indent, 0, out);
        }
        Statement::Store(place, value) => {
            out.push_str(place);
            out.push_str(" = ");
            expression(value, indent, 0, out);
        }
        Statement::If(test, then) => {
            out.push_str("if ");
            expression(test, indent, 1, out);
            out.push_str(":\n");
            statement(then, depth + 1, out);
            return;
        }
    }
    out.push('\n');
}

/// `return (a, b), (c,)` needs no brackets around the whole; a tuple of names keeps its own.
fn results(value: &Expr, indent: usize, out: &mut String) {
    match value {
        Expr::Tuple(items) if items.len() == 2 && items.iter().all(|item| matches!(item, Expr::Tuple(_))) => {
            let flat: Vec<String> = items.iter().map(flat).collect();
            let text = flat.join(", ");
            if column(out) + text.len() <= WIDTH {
                out.push_str(&text);
                return;
            }
            // Brackets that end in a comma stay as they are written.
            exploded("(", items, ")", indent, out);
        }
        value => expression(value, indent, 0, out),
    }
}

fn assign(to: &Target, value: &Expr, indent: usize, out: &mut String) {
    let names = match to {
        Target::Name(name) => name.clone(),
        Target::Tuple(items) => bare(items),
    };
    let begins = match value {
        Expr::Call { function, .. } => function.len() + 1,
        Expr::Tuple(_) | Expr::List(_) => 1,
        Expr::Atom(text) => text.len(),
    };
    match to {
        // Names that end in a comma stay as they are written, a line each.
        Target::Tuple(items) if indent + names.len() + " = ".len() + begins > WIDTH => {
            let items: Vec<Expr> = items.iter().map(target_expression).collect();
            exploded("(", &items, ")", indent, out);
        }
        _ => out.push_str(&names),
    }
    out.push_str(" = ");
    expression(value, indent, 0, out);
}

fn target_expression(target: &Target) -> Expr {
    match target {
        Target::Name(name) => Expr::atom(name.as_str()),
        Target::Tuple(items) => Expr::Tuple(items.iter().map(target_expression).collect()),
    }
}

/// Targets without the brackets that the outermost tuple does not need.
fn bare(items: &[Target]) -> String {
    let names: Vec<String> = items.iter().map(|item| flat(&target_expression(item))).collect();
    match names.as_slice() {
        [one] => format!("({one},)"),
        names => names.join(", "),
    }
}

/// An expression whose first character stands where `out` ends, in a statement that starts at `indent`, with
/// `behind` characters on its last line behind it.
fn expression(value: &Expr, indent: usize, behind: usize, out: &mut String) {
    let text = flat(value);
    if column(out) + text.chars().count() + behind <= WIDTH {
        out.push_str(&text);
        return;
    }
    match value {
        Expr::Atom(text) => out.push_str(text),
        Expr::Call {
            function,
            arguments: given,
        } => {
            out.push_str(function);
            arguments(given, indent, behind, false, out);
        }
        Expr::Tuple(items) if !items.is_empty() => exploded("(", items, ")", indent, out),
        Expr::List(items) if !items.is_empty() => exploded("[", items, "]", indent, out),
        Expr::Tuple(_) | Expr::List(_) => out.push_str(&text),
    }
}

/// The arguments of a call, or the parameters of a definition, brackets included.
fn arguments(given: &[Argument], indent: usize, behind: usize, definition: bool, out: &mut String) {
    let text = joined(given);
    if given.is_empty() || column(out) + text.chars().count() + 2 + behind <= WIDTH {
        out.push('(');
        out.push_str(&text);
        out.push(')');
        return;
    }
    let inner = indent + INDENT;
    out.push_str("(\n");
    if inner + text.chars().count() <= WIDTH && (!definition || given.len() > 1) {
        pad(inner, out);
        out.push_str(&text);
        out.push('\n');
    } else {
        for argument in given {
            pad(inner, out);
            if let Some(keyword) = &argument.keyword {
                out.push_str(keyword);
                out.push('=');
            }
            expression(&argument.value, inner, 1, out);
            out.push_str(",\n");
        }
    }
    pad(indent, out);
    out.push(')');
}

/// Items a line each.
fn exploded(open: &str, items: &[Expr], close: &str, indent: usize, out: &mut String) {
    out.push_str(open);
    out.push('\n');
    for item in items {
        pad(indent + INDENT, out);
        expression(item, indent + INDENT, 1, out);
        out.push_str(",\n");
    }
    pad(indent, out);
    out.push_str(close);
}

/// An expression on one line.
pub(super) fn flat(value: &Expr) -> String {
    let items = |items: &[Expr]| items.iter().map(flat).collect::<Vec<_>>().join(", ");
    match value {
        Expr::Atom(text) => text.clone(),
        Expr::Call { function, arguments } => format!("{function}({})", joined(arguments)),
        Expr::Tuple(list) if list.len() == 1 => format!("({},)", items(list)),
        Expr::Tuple(list) => format!("({})", items(list)),
        Expr::List(list) => format!("[{}]", items(list)),
    }
}

fn joined(arguments: &[Argument]) -> String {
    let text = |argument: &Argument| match &argument.keyword {
        Some(keyword) => format!("{keyword}={}", flat(&argument.value)),
        None => flat(&argument.value),
    };
    arguments.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// Characters behind the last line break.
fn column(out: &str) -> usize {
    let line = out.rfind('\n').map_or(out, |at| &out[at + 1..]);
    line.chars().count()
}

fn start(depth: usize, out: &mut String) {
    pad(depth * INDENT, out);
}

fn pad(width: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', width));
}

//! Python's `str()` of parameter values.

use super::jaxpr::listing;
use crate::ir::{ParamValue, Program};

/// Appends the text of a value that is not laid out. `brief` shortens jaxprs to `{…}`.
pub(super) fn write(program: &Program, value: &ParamValue, brief: bool, out: &mut String) {
    let symbol = |symbol| program.symbols.text(symbol);
    match value {
        ParamValue::None => out.push_str("None"),
        ParamValue::Bool(true) => out.push_str("True"),
        ParamValue::Bool(false) => out.push_str("False"),
        ParamValue::Int(int) => out.push_str(&int.to_string()),
        ParamValue::Float(text) | ParamValue::Text(text) | ParamValue::Quoted(text) => {
            out.push_str(symbol(*text));
        }
        ParamValue::Tuple(items) => {
            let close = if items.len() == 1 { ",)" } else { ")" };
            sequence(program, "(", items, close, brief, out);
        }
        ParamValue::List(items) => sequence(program, "[", items, "]", brief, out),
        ParamValue::Set(items) => sequence(program, "{", items, "}", brief, out),
        ParamValue::Dict(items) => {
            out.push('{');
            for (index, (key, value)) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write(program, key, brief, out);
                out.push_str(": ");
                write(program, value, brief, out);
            }
            out.push('}');
        }
        ParamValue::Call { name, arguments } => {
            out.push_str(symbol(*name));
            out.push('(');
            for (index, argument) in arguments.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                if let Some(keyword) = argument.keyword {
                    out.push_str(symbol(keyword));
                    out.push('=');
                }
                write(program, &argument.value, brief, out);
            }
            out.push(')');
        }
        ParamValue::Listing(_) if brief => out.push_str("{…}"),
        ParamValue::Listing(inner) => out.push_str(&listing(program, *inner)),
        // These are laid out by the caller, or are no value of a parameter that is printed.
        ParamValue::Jaxpr(_) | ParamValue::Jaxprs(_) | ParamValue::Indexer(_) => {}
    }
}

fn sequence(program: &Program, open: &str, items: &[ParamValue], close: &str, brief: bool, out: &mut String) {
    out.push_str(open);
    for (index, item) in items.iter().enumerate() {
        out.push_str(if index > 0 { ", " } else { "" });
        write(program, item, brief, out);
    }
    out.push_str(close);
}

/// A parameter's value as it is printed; jaxprs are shortened.
pub(crate) fn param_text(program: &Program, value: &ParamValue) -> String {
    let mut text = String::new();
    write(program, value, true, &mut text);
    text
}

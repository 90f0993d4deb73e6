//! Interned strings: primitive names, parameter names, and texts kept as they were written.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::id::{Arena, define_ids};

define_ids! {
    /// An interned string.
    Symbol
}

/// The strings of one program.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    texts: Arena<Symbol, Arc<str>>,
    ids: FxHashMap<Arc<str>, Symbol>,
}

impl Symbols {
    /// The symbol of `text`, which is added if it is new.
    pub fn intern(&mut self, text: &str) -> Symbol {
        if let Some(&symbol) = self.ids.get(text) {
            return symbol;
        }
        let shared: Arc<str> = Arc::from(text);
        let symbol = self.texts.push(Arc::clone(&shared));
        self.ids.insert(shared, symbol);
        symbol
    }

    /// The symbol of `text` if it has been interned.
    pub fn get(&self, text: &str) -> Option<Symbol> {
        self.ids.get(text).copied()
    }

    /// The text of a symbol.
    pub fn text(&self, symbol: Symbol) -> &str {
        &self.texts[symbol]
    }

    /// Number of symbols; every symbol's index is below it.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether nothing has been interned.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// All symbols with their texts.
    pub fn iter(&self) -> impl Iterator<Item = (Symbol, &str)> {
        self.texts.iter().map(|(symbol, text)| (symbol, &**text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Id as _;

    #[test]
    fn equal_texts_share_a_symbol() {
        let mut symbols = Symbols::default();
        let exp = symbols.intern("exp");
        assert_eq!(symbols.intern("log").index(), 1);
        assert_eq!(symbols.intern("exp"), exp);
        assert_eq!(symbols.text(exp), "exp");
    }
}

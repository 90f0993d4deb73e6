//! Variable names: JAX counts them in base 26, `a … z, ba, bb, …`, and a few carry a trailing `_`.

use super::id::Id;
use super::symbol::{Symbol, Symbols};

/// The name of a variable, in four bytes.
///
/// A name of one to six lower-case letters is a number in bijective base 26 and needs no table; any other name
/// is a [`Symbol`], told apart by the highest bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VarName(u32);

const SYMBOL_BIT: u32 = 1 << 31;
/// Six letters in bijective base 26 stay below 2^29.
const MAX_LETTERS: usize = 6;

impl VarName {
    /// The name `_` of an output that nobody reads.
    pub const UNDERSCORE: VarName = VarName(0);

    /// The name spelled `text`.
    pub fn new(text: &str, symbols: &mut Symbols) -> Self {
        if text == "_" {
            return Self::UNDERSCORE;
        }
        match Self::code(text.as_bytes()) {
            Some(code) => Self(code),
            None => Self(SYMBOL_BIT | symbols.intern(text).index() as u32),
        }
    }

    /// The name spelled `text`, if that is a name such as JAX counts.
    pub fn counted(text: &str) -> Option<Self> {
        Self::code(text.as_bytes()).map(Self)
    }

    /// A number for each name of few letters, dense where names are those that JAX counts.
    pub fn number(self) -> Option<usize> {
        (self.0 & SYMBOL_BIT == 0).then_some(self.0 as usize)
    }

    /// The text of a name that JAX does not count, such as `h_`.
    pub fn symbol(self) -> Option<Symbol> {
        (self.0 & SYMBOL_BIT != 0).then(|| Symbol::from_index((self.0 & !SYMBOL_BIT) as usize))
    }

    fn code(letters: &[u8]) -> Option<u32> {
        if letters.is_empty() || letters.len() > MAX_LETTERS {
            return None;
        }
        letters.iter().try_fold(0u32, |code, letter| {
            letter
                .is_ascii_lowercase()
                .then(|| code * 26 + u32::from(letter - b'a') + 1)
        })
    }

    /// Appends the name's text to `out`.
    pub fn write(self, symbols: &Symbols, out: &mut String) {
        if self.0 & SYMBOL_BIT != 0 {
            out.push_str(symbols.text(Symbol::from_index((self.0 & !SYMBOL_BIT) as usize)));
        } else if self == Self::UNDERSCORE {
            out.push('_');
        } else {
            let mut letters = [0u8; MAX_LETTERS];
            let mut first = MAX_LETTERS;
            let mut code = self.0;
            while code > 0 {
                first -= 1;
                letters[first] = b'a' + ((code - 1) % 26) as u8;
                code = (code - 1) / 26;
            }
            // Letters are ASCII, so this never fails.
            out.push_str(std::str::from_utf8(&letters[first..]).unwrap_or_default());
        }
    }

    /// The name as text.
    pub fn text(self, symbols: &Symbols) -> String {
        let mut out = String::new();
        self.write(symbols, &mut out);
        out
    }

    /// Whether this is `_`.
    pub fn is_underscore(self) -> bool {
        self == Self::UNDERSCORE
    }
}

/// The sequence of names that JAX gives: base 26 with `a` as zero, so `z` is followed by `ba`.
#[derive(Clone, Debug, Default)]
pub struct VarNames {
    next: u32,
}

impl VarNames {
    /// Starts no earlier than behind `name`.
    pub fn skip_past(&mut self, name: VarName) {
        if let Some(position) = Self::position(name) {
            self.next = self.next.max(position + 1);
        }
    }

    /// The next name.
    pub fn fresh(&mut self) -> VarName {
        let mut number = self.next;
        self.next += 1;
        let mut digits = [0u32; 8];
        let mut length = 0;
        loop {
            digits[length] = number % 26;
            number /= 26;
            length += 1;
            if number == 0 {
                break;
            }
        }
        VarName(
            digits[..length]
                .iter()
                .rev()
                .fold(0, |code, digit| code * 26 + digit + 1),
        )
    }

    /// Where `name` stands in JAX's order; names such as `aa`, which JAX never gives, stand nowhere.
    fn position(name: VarName) -> Option<u32> {
        if name.0 & SYMBOL_BIT != 0 || name == VarName::UNDERSCORE {
            return None;
        }
        let (mut code, mut place, mut position) = (name.0, 1u32, 0u32);
        while code > 0 {
            let digit = (code - 1) % 26;
            code = (code - 1) / 26;
            if code == 0 && digit == 0 && place > 1 {
                return None;
            }
            position += digit * place;
            place = place.saturating_mul(26);
        }
        Some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> VarName {
        VarName::new(text, &mut Symbols::default())
    }

    #[test]
    fn names_print_as_they_were_read() {
        for text in [
            "a",
            "z",
            "ba",
            "aa",
            "in",
            "let",
            "zzzzzz",
            "_",
            "h_",
            "toolongname",
        ] {
            let mut symbols = Symbols::default();
            assert_eq!(VarName::new(text, &mut symbols).text(&symbols), text);
        }
    }

    #[test]
    fn jax_counts_from_z_to_ba_and_from_zz_to_baa() {
        let symbols = Symbols::default();
        let mut names = VarNames::default();
        names.skip_past(name("y"));
        assert_eq!(names.fresh().text(&symbols), "z");
        assert_eq!(names.fresh().text(&symbols), "ba");
        names.skip_past(name("zz"));
        assert_eq!(names.fresh().text(&symbols), "baa");
        assert_eq!(VarNames::default().fresh().text(&symbols), "a");
    }

    #[test]
    fn a_name_that_jax_never_gives_has_no_position() {
        assert_eq!(VarNames::position(name("aa")), None);
        assert_eq!(VarNames::position(name("in")), Some(8 * 26 + 13));
    }
}

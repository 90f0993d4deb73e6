//! Examples in other dtypes.

use crate::ir::DType;

/// The text of a jaxpr in every float dtype that a rule is tried in, if it has one only; one that mixes them stays as it is.
pub(super) fn retyped(text: &str) -> Vec<(DType, String)> {
    let words: Vec<&str> = words(text).collect();
    let is_used = |dtype: &DType| words.contains(&dtype.short_name()) || words.contains(&dtype.long_name());
    let used: Vec<DType> = DType::ARITHMETIC.into_iter().filter(is_used).collect();
    let [from] = used[..] else {
        return vec![(used.first().copied().unwrap_or(DType::Float32), text.to_owned())];
    };
    let retype = |to: DType| {
        let word = |word: &str| match word {
            word if word == from.short_name() => to.short_name().to_owned(),
            word if word == from.long_name() => to.long_name().to_owned(),
            word => word.to_owned(),
        };
        (to, words.iter().map(|&part| word(part)).collect())
    };
    DType::ARITHMETIC.map(retype).into()
}

/// Words of letters, digits and underscores, and what stands between them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = is_word(rest.chars().next()?);
        let end = rest.find(|c| is_word(c) != first).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        rest = behind;
        Some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_literals_and_parameters_are_retyped() {
        let text = "a:f32[3] = add b 1.0:f32[]; c:f32[] = convert_element_type[new_dtype=float32] d";
        let found = retyped(text);
        let bfloat = "a:bf16[3] = add b 1.0:bf16[]; c:bf16[] = convert_element_type[new_dtype=bfloat16] d";
        assert_eq!(found[0], (DType::Float32, text.to_owned()));
        assert_eq!(found[2], (DType::Bfloat16, bfloat.to_owned()));
        assert_eq!(found.len(), 4);
    }

    #[test]
    fn two_dtypes_stay_as_they_are() {
        let text = "a:f32[3] = convert_element_type[new_dtype=float32] b; c:f16[3] = neg b";
        assert_eq!(retyped(text), [(DType::Float32, text.to_owned())]);
    }

    #[test]
    fn names_that_contain_a_dtype_are_other_words() {
        assert!(
            retyped("f32x:f16[2] = neg a")
                .iter()
                .all(|(_, text)| text.starts_with("f32x:"))
        );
    }
}

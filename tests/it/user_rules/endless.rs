//! A rule that fires on what it makes, as drafts of rules do.

use crate::cli::Folder;

const ENDLESS: &str = "rule endless
summary  it halves the angle
identity sin x = 2·sin(x/2)·cos(x/2)
source   trigonometry
safety   refines

match    r = sin x
where    float(x)
rewrite  h = mul 0.5 x
         s = sin h
         c = cos h
         p = mul s c
         r = mul 2.0 p

fires \"sin x\" { lambda ; a:f32[2]. let b:f32[2] = sin a in (b,) }
declines \"cos x\" { lambda ; a:f32[2]. let b:f32[2] = cos a in (b,) }
witness  x = [1]
";

#[test]
fn a_rule_that_would_go_on_for_ever_is_named_and_nothing_is_rewritten() {
    let program = "{ lambda ; a:f32[2]. let b:f32[2] = sin a; c:f32[2] = exp b in (c,) }\n";
    let folder = Folder::new(&[("own/endless.rule", ENDLESS), ("f.jaxpr", program)]);
    let ran = folder.run(&["rewrite", "--rules", "own", "f.jaxpr"]);
    assert_eq!(ran.out, program);
    for words in [
        "f.jaxpr:1:26: not applied: endless",
        "b:f32[2] = sin a",
        "it fires on what it makes, over and over",
    ] {
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
}

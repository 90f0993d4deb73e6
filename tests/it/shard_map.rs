//! What rules build inside `shard_map` varies over the devices as its operands do.

use jaxpeep::improve::{Options, improve};
use jaxpeep::ir::{Block, EqnId, Program, Type, validate};
use jaxpeep::load::load;
use jaxpeep::print::print;
use jaxpeep::rules::RuleSet;
use jaxpeep::schema;

/// `jnp.log(jnp.linalg.det(a))` of a batch, as JAX 0.10.2 traces it on one device.
const LOG_DETERMINANT: &str = "\
{ lambda ; m:f32[2,2,2]. let
    n:f32[2] = shard_map[
      check_vma=True
      in_specs=(P('data',),)
      jaxpr={ lambda ; a:f32[2,2,2]{V:data}. let
          b:f32[2,1,1]{V:data} = slice[limit_indices=(2, 1, 1) start_indices=(0, 0, 0) strides=None] a
          c:f32[2]{V:data} = squeeze[dimensions=(1, 2)] b
          d:f32[2,1,1]{V:data} = slice[limit_indices=(2, 2, 2) start_indices=(0, 1, 1) strides=None] a
          e:f32[2]{V:data} = squeeze[dimensions=(1, 2)] d
          f:f32[2]{V:data} = mul c e
          g:f32[2,1,1]{V:data} = slice[limit_indices=(2, 1, 2) start_indices=(0, 0, 1) strides=None] a
          h:f32[2]{V:data} = squeeze[dimensions=(1, 2)] g
          i:f32[2,1,1]{V:data} = slice[limit_indices=(2, 2, 1) start_indices=(0, 1, 0) strides=None] a
          j:f32[2]{V:data} = squeeze[dimensions=(1, 2)] i
          k:f32[2]{V:data} = mul h j
          l:f32[2]{V:data} = sub f k
          q:f32[2]{V:data} = log l
        in (q,) }
      mesh=Mesh('data': 1, axis_types=(Auto,))
      newly_manual_axes=frozenset({'data'})
      out_specs=(P('data',),)
    ] m
  in (n,) }
";

/// The devices over which the operands of an equation vary.
fn axes_of_operands(program: &Program, eqn: EqnId) -> Vec<Option<&str>> {
    let types = program.inputs(eqn).iter().map(|&atom| program.atom_type(atom));
    let mut axes: Vec<_> = types
        .map(|ty| ty.and_then(Type::as_array)?.manual_axes.as_deref())
        .collect();
    axes.dedup();
    axes
}

#[test]
fn the_logarithm_of_a_determinant_varies_as_the_matrix() {
    let mut loaded = load("test", LOG_DETERMINANT.as_bytes()).expect("a jaxpr");
    let program = &mut loaded.units.first_mut().expect("one program").program;
    let options = Options {
        only: vec!["log-determinant".to_owned()],
        ..Options::default()
    };
    let outcome = improve(program, &RuleSet::builtin(), &options);
    assert_eq!(outcome.rewrites.len(), 1);
    assert_eq!(validate(program), [], "{}", print(program));
    assert_eq!(schema::check(program), [], "{}", print(program));
    let blocks: Vec<&Block> = program.blocks.iter().map(|(_, block)| block).collect();
    for eqn in blocks.into_iter().flat_map(|block| &block.eqns).copied() {
        // JAX accepts no operands of which some vary and others do not.
        let axes = axes_of_operands(program, eqn);
        assert!(
            axes.len() <= 1,
            "{} on {axes:?}: {}",
            program.primitive(eqn),
            print(program)
        );
    }
}

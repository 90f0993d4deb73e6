//! Decompositions, triangular systems, Fourier transforms.

use super::super::equation::{Equation, Outcome, boolean, int, ints, one, sequence};
use super::super::fault::Fault;
use super::super::python::Expr;
use super::super::writer::{Given, Shape};
use super::{Row, call, keyword, own, positional};

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Row] = &[
    own("cholesky", cholesky).reads(&["symmetrize_input"]),
    own("eig", eig).reads(&[
        "compute_left_eigenvectors", "compute_right_eigenvectors", "enable_eigvec_derivs", "implementation",
        "use_magma",
    ]),
    own("eigh", eigh).reads(&["algorithm", "lower", "sort_eigenvalues"]),
    own("fft", fft).reads(&["fft_lengths", "fft_type"]),
    call("hessenberg", "lax.linalg.hessenberg"),
    call("householder_product", "lax.linalg.householder_product"),
    call("lu", "lax.linalg.lu"),
    call("lu_pivots_to_permutation", "lax.linalg.lu_pivots_to_permutation")
        .arguments(&[positional("permutation_size", int)]),
    own("qr", qr).reads(&["full_matrices", "pivoting", "use_magma"]),
    own("schur", schur).reads(&["compute_schur_vectors", "sort_eig_vals"]),
    own("svd", svd).reads(&["algorithm", "compute_uv", "full_matrices"]),
    call("triangular_solve", "lax.linalg.triangular_solve").arguments(&[
        keyword("left_side", boolean),
        keyword("lower", boolean),
        keyword("transpose_a", boolean),
        keyword("conjugate_a", boolean),
        keyword("unit_diagonal", boolean),
    ]),
    own("tridiagonal", tridiagonal).reads(&["lower"]),
    own("tridiagonal_solve", tridiagonal_solve).reads(&["perturb_singular"]),
];

/// The primitive takes the matrix as it is.
fn cholesky(equation: &mut Equation<'_, '_>) -> Outcome {
    let call = Expr::call("lax.linalg.cholesky", [equation.operand(0)?]);
    Ok(one(call.with("symmetrize_input", Expr::boolean(false))))
}

fn eig(equation: &mut Equation<'_, '_>) -> Outcome {
    let mut call = Expr::call("lax.linalg.eig", [equation.operand(0)?]);
    for name in ["compute_left_eigenvectors", "compute_right_eigenvectors"] {
        call = call.with(name, equation.read(name, boolean)?);
    }
    Ok(sequence(call))
}

fn eigh(equation: &mut Equation<'_, '_>) -> Outcome {
    let mut call = Expr::call("lax.linalg.eigh", [equation.operand(0)?])
        .with("lower", equation.read("lower", boolean)?)
        .with("symmetrize_input", Expr::boolean(false));
    if equation.given("sort_eigenvalues").is_some() {
        call = call.with("sort_eigenvalues", equation.read("sort_eigenvalues", boolean)?);
    }
    Ok(sequence(call))
}

/// Newer releases print the number of the transform, older ones its name.
fn fft(equation: &mut Equation<'_, '_>) -> Outcome {
    const TYPES: [&str; 4] = ["FFT", "IFFT", "RFFT", "IRFFT"];
    let named = equation.text("fft_type").and_then(|text| {
        let name = text.rsplit('.').next()?;
        TYPES.iter().position(|known| *known == name)
    });
    let number = match named {
        Some(number) => number,
        None => equation.index("fft_type")?,
    };
    let name = TYPES.get(number).ok_or(Fault::Param("fft_type"))?;
    let lengths = equation.read("fft_lengths", ints)?;
    Ok(one(Expr::call(
        "lax.fft",
        [equation.operand(0)?, Expr::string(name), lengths],
    )))
}

fn qr(equation: &mut Equation<'_, '_>) -> Outcome {
    let call = Expr::call("lax.linalg.qr", [equation.operand(0)?])
        .with("full_matrices", equation.read("full_matrices", boolean)?);
    Ok(sequence(if equation.flag("pivoting") {
        call.with("pivoting", Expr::boolean(true))
    } else {
        call
    }))
}

fn schur(equation: &mut Equation<'_, '_>) -> Outcome {
    let mut call = Expr::call("lax.linalg.schur", [equation.operand(0)?]);
    for name in ["compute_schur_vectors", "sort_eig_vals"] {
        call = call.with(name, equation.read(name, boolean)?);
    }
    Ok(sequence(call))
}

/// The primitive gives the singular values first, the function gives them second.
fn svd(equation: &mut Equation<'_, '_>) -> Outcome {
    let call = Expr::call("lax.linalg.svd", [equation.operand(0)?])
        .with("full_matrices", equation.read("full_matrices", boolean)?)
        .with("compute_uv", equation.read("compute_uv", boolean)?);
    Ok(if equation.flag("compute_uv") {
        Given {
            expr: call,
            shape: Shape::Order(vec![1, 0, 2]),
        }
    } else {
        one(call)
    })
}

fn tridiagonal(equation: &mut Equation<'_, '_>) -> Outcome {
    let call = Expr::call("lax.linalg.tridiagonal", [equation.operand(0)?]);
    // The function checks the fifth output, which says whether it succeeded, and does not give it.
    if equation.outputs() != 4 {
        return Err(Fault::Other("a status is among its outputs".to_owned()));
    }
    Ok(sequence(call.with("lower", equation.read("lower", boolean)?)))
}

fn tridiagonal_solve(equation: &mut Equation<'_, '_>) -> Outcome {
    let call = Expr::call("lax.linalg.tridiagonal_solve", equation.operands()?);
    Ok(one(if equation.flag("perturb_singular") {
        call.with("perturb_singular", Expr::boolean(true))
    } else {
        call
    }))
}

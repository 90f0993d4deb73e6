//! Linear algebra and Fourier transforms. Leading axes are batches.

use crate::ir::{ArrayType, DType, Dim, ParamValue, Type};
use crate::schema::fault::TypeFault;
use crate::schema::params::FftType;
use crate::schema::primitive::{Arity, DTypes, Primitive, Rule, param};
use crate::schema::shape::{agree, any_extent, shapes_agree, types_agree, with_dtype, with_shape};
use crate::schema::typed_eqn::TypedEqn;
use crate::schema::version::Version;

const fn of_matrix(name: &'static str, rule: Rule) -> Primitive {
    Primitive::new(name, Arity::Exactly(1), rule).on(DTypes::INEXACT)
}

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Primitive] = &[
    of_matrix("cholesky", square_same).params(&[param("symmetrize_input").unless("True")]),
    of_matrix("lu", lu),
    of_matrix("qr", qr).params(&[
        param("full_matrices"),
        param("pivoting").or("False").since(Version::V0_5_3),
        param("use_magma").or("None").since(Version::V0_5_3),
    ]),
    of_matrix("svd", svd).params(&[
        param("algorithm").or("None").since(Version::V0_4_38),
        param("compute_uv"),
        param("full_matrices"),
        param("subset_by_index").or("None").since(Version::V0_4_30),
    ]),
    of_matrix("eigh", eigh).params(&[
        param("algorithm").or("None").since(Version::V0_8),
        param("lower"),
        param("sort_eigenvalues").or("True"),
        param("subset_by_index").or("None"),
    ]),
    of_matrix("eig", eig).params(&[
        param("compute_left_eigenvectors"),
        param("compute_right_eigenvectors"),
        param("enable_eigvec_derivs").or("False").since(Version::V0_10),
        param("implementation").or("None").since(Version::V0_8),
        param("use_magma").or("None").since(Version::V0_4_38).until(Version::V0_7),
    ]),
    of_matrix("schur", schur).params(&[
        param("compute_schur_vectors"),
        param("select_callable"),
        param("sort_eig_vals"),
    ]),
    of_matrix("hessenberg", hessenberg),
    of_matrix("geqrf", geqrf),
    of_matrix("tridiagonal", tridiagonal).params(&[param("lower")]),
    Primitive::new("householder_product", Arity::Exactly(2), first).on(DTypes::INEXACT),
    Primitive::new("triangular_solve", Arity::Exactly(2), triangular_solve).on(DTypes::INEXACT).params(&[
        param("conjugate_a"),
        param("left_side"),
        param("lower"),
        param("transpose_a"),
        param("unit_diagonal"),
    ]),
    Primitive::new("tridiagonal_solve", Arity::Exactly(4), tridiagonal_solve).on(DTypes::INEXACT),
    Primitive::new("lu_pivots_to_permutation", Arity::Exactly(1), lu_pivots_to_permutation)
        .on(DTypes::INT).params(&[param("permutation_size")]),
    Primitive::new("fft", Arity::Exactly(1), fft).on(DTypes::INEXACT)
        .params(&[param("fft_lengths"), param("fft_type")]),
];

/// Whether a primitive solves a system of equations, or factors a matrix for that: where the matrix is singular, or not
/// positive definite, there is nothing that it should give.
pub(crate) fn solves_systems(primitive: &str) -> bool {
    const SOLVERS: [&str; 5] = [
        "cholesky",
        "lu",
        "triangular_solve",
        "tridiagonal_solve",
        "custom_linear_solve",
    ];
    SOLVERS.contains(&primitive)
}

/// A stack of matrices, taken apart.
struct Matrices<'a> {
    ty: &'a Type,
    dtype: DType,
    batch: &'a [Dim],
    rows: &'a Dim,
    columns: &'a Dim,
}

impl Matrices<'_> {
    /// An array for each matrix.
    fn each(&self, dims: &[&Dim]) -> Type {
        let shape = self.batch.iter().chain(dims.iter().copied()).cloned();
        with_shape(self.ty, shape.collect())
    }

    /// The smaller extent.
    fn rank(&self) -> Dim {
        match (self.rows.size(), self.columns.size()) {
            (Some(rows), Some(columns)) => Dim::Size(rows.min(columns)),
            _ if self.rows == self.columns => self.rows.clone(),
            _ => any_extent(),
        }
    }
}

fn matrices<'a>(eqn: &TypedEqn<'a>, index: usize) -> Result<Matrices<'a>, TypeFault> {
    let array: &'a ArrayType = eqn.accepted(index)?;
    let [batch @ .., rows, columns] = &*array.shape else {
        let (name, found) = (eqn.primitive.name, eqn.inputs[index]);
        return Err(TypeFault::operand(
            index,
            format!("{name} takes matrices, and operand {index} is {found}"),
        ));
    };
    Ok(Matrices {
        ty: eqn.inputs[index],
        dtype: array.dtype,
        batch,
        rows,
        columns,
    })
}

fn square<'a>(eqn: &TypedEqn<'a>, index: usize) -> Result<Matrices<'a>, TypeFault> {
    let found = matrices(eqn, index)?;
    if agree(found.rows, found.columns) {
        return Ok(found);
    }
    let name = eqn.primitive.name;
    Err(TypeFault::operand(
        index,
        format!(
            "{name} takes square matrices, and operand {index} is {}",
            found.ty
        ),
    ))
}

fn real(ty: &Type) -> Type {
    ty.dtype()
        .map_or_else(|| ty.clone(), |dtype| with_dtype(ty, dtype.real_part()))
}

fn square_same(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    Ok(vec![square(eqn, 0)?.ty.clone()])
}

fn first(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    Ok(vec![matrices(eqn, 0)?.ty.clone()])
}

/// The factors in one matrix, the pivots, the permutation.
fn lu(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let a = matrices(eqn, 0)?;
    let pivots = with_dtype(&a.each(&[&a.rank()]), DType::Int32);
    let permutation = with_dtype(&a.each(&[a.rows]), DType::Int32);
    Ok(vec![a.ty.clone(), pivots, permutation])
}

fn qr(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let a = matrices(eqn, 0)?;
    let rank = a.rank();
    let inner = if eqn.boolean("full_matrices")? {
        a.rows
    } else {
        &rank
    };
    let mut types = vec![a.each(&[a.rows, inner]), a.each(&[inner, a.columns])];
    if eqn.param("pivoting") == Some(&ParamValue::Bool(true)) {
        types.push(with_dtype(&a.each(&[a.columns]), DType::Int32));
    }
    Ok(types)
}

/// Singular values, and if asked for the two bases.
fn svd(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let a = matrices(eqn, 0)?;
    let rank = subset(eqn, a.rank());
    let mut types = vec![real(&a.each(&[&rank]))];
    if eqn.boolean("compute_uv")? {
        let full = eqn.boolean("full_matrices")?;
        let (left, right) = if full { (a.rows, a.columns) } else { (&rank, &rank) };
        types.push(a.each(&[a.rows, left]));
        types.push(a.each(&[right, a.columns]));
    }
    Ok(types)
}

/// How many values are asked for; a subset is not followed.
fn subset(eqn: &TypedEqn<'_>, all: Dim) -> Dim {
    match eqn.param("subset_by_index") {
        None | Some(ParamValue::None) => all,
        Some(_) => any_extent(),
    }
}

/// Eigenvectors, then eigenvalues.
fn eigh(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let a = square(eqn, 0)?;
    let values = subset(eqn, a.rows.clone());
    Ok(vec![a.each(&[a.rows, &values]), real(&a.each(&[&values]))])
}

/// Eigenvalues, then the eigenvectors that are asked for, all of them complex.
fn eig(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let a = square(eqn, 0)?;
    let complex = match a.dtype.real_part() {
        DType::Float64 => DType::Complex128,
        _ => DType::Complex64,
    };
    let mut types = vec![with_dtype(&a.each(&[a.rows]), complex)];
    for name in ["compute_left_eigenvectors", "compute_right_eigenvectors"] {
        if eqn.boolean(name)? {
            types.push(with_dtype(a.ty, complex));
        }
    }
    Ok(types)
}

fn schur(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let a = square(eqn, 0)?;
    let count = if eqn.boolean("compute_schur_vectors")? {
        2
    } else {
        1
    };
    Ok(vec![a.ty.clone(); count])
}

/// The extent that is smaller by one.
fn less_one(dim: &Dim) -> Dim {
    dim.size()
        .map_or_else(any_extent, |size| Dim::Size(size.saturating_sub(1)))
}

fn hessenberg(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let a = square(eqn, 0)?;
    Ok(vec![a.ty.clone(), a.each(&[&less_one(a.rows)])])
}

fn geqrf(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let a = matrices(eqn, 0)?;
    Ok(vec![a.ty.clone(), a.each(&[&a.rank()])])
}

/// The factored matrix, the two diagonals, the factors of its reflections, and in old releases a status.
fn tridiagonal(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let a = square(eqn, 0)?;
    let beside = less_one(a.rows);
    let mut types = vec![
        a.ty.clone(),
        real(&a.each(&[a.rows])),
        real(&a.each(&[&beside])),
        a.each(&[&beside]),
    ];
    if eqn.printed.is_some_and(|printed| printed.len() > types.len()) {
        types.push(with_dtype(&a.each(&[]), DType::Int32));
    }
    Ok(types)
}

fn triangular_solve(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let a = square(eqn, 0)?;
    let b = matrices(eqn, 1)?;
    let solved = if eqn.boolean("left_side")? {
        b.rows
    } else {
        b.columns
    };
    if a.dtype != b.dtype || !shapes_agree(a.batch, b.batch) || !agree(a.rows, solved) {
        let message = format!("{} and {} are no system of equations", a.ty, b.ty);
        return Err(TypeFault::operand(1, message));
    }
    Ok(vec![b.ty.clone()])
}

/// Three diagonals and a right-hand side.
fn tridiagonal_solve(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    for index in 1..3 {
        let (diagonal, found) = (eqn.operand(0)?, eqn.operand(index)?);
        if !types_agree(diagonal, found) {
            return Err(TypeFault::operand_type(index, diagonal, found));
        }
    }
    Ok(vec![eqn.operand(3)?.clone()])
}

fn lu_pivots_to_permutation(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let pivots = eqn.accepted(0)?;
    let Some((_, batch)) = pivots.shape.split_last() else {
        return Err(TypeFault::operand(0, "pivots need an axis"));
    };
    let mut shape = batch.to_vec();
    shape.push(super::views::extent_of(
        "permutation_size",
        eqn.int("permutation_size")?,
    )?);
    Ok(vec![with_shape(eqn.inputs[0], shape)])
}

fn fft_type(eqn: &TypedEqn<'_>) -> Result<FftType, TypeFault> {
    FftType::read(&eqn.program.symbols, eqn.value("fft_type")?).ok_or(TypeFault::Unreadable("fft_type"))
}

fn fft(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let operand = eqn.accepted(0)?;
    let lengths = eqn.shape("fft_lengths")?;
    let Some(untouched) = operand.rank().checked_sub(lengths.len()) else {
        return Err(TypeFault::parameter(
            "fft_lengths",
            format!("{} has fewer axes", eqn.inputs[0]),
        ));
    };
    let Some(last) = lengths.last() else {
        return Ok(vec![eqn.inputs[0].clone()]);
    };
    let half = last
        .size()
        .map_or_else(any_extent, |size| Dim::Size(size / 2 + 1));
    let (real, complex) = (operand.dtype.real_part(), operand.dtype.is_complex());
    let (takes_complex, taken, dtype, given) = match fft_type(eqn)? {
        FftType::Fft | FftType::Ifft => (true, last, operand.dtype, last),
        FftType::Rfft => (
            false,
            last,
            if real == DType::Float64 {
                DType::Complex128
            } else {
                DType::Complex64
            },
            &half,
        ),
        FftType::Irfft => (true, &half, real, last),
    };
    let mut shape = operand.shape[..untouched].to_vec();
    shape.extend(lengths.iter().cloned());
    let end = shape.len() - 1;
    shape[end] = taken.clone();
    if complex != takes_complex || !shapes_agree(&shape, &operand.shape) {
        let message = format!("this transform does not take {}", eqn.inputs[0]);
        return Err(TypeFault::operand(0, message));
    }
    shape[end] = given.clone();
    Ok(vec![with_dtype(&with_shape(eqn.inputs[0], shape), dtype)])
}

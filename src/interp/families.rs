//! The table: one row a primitive, and what evaluates it.

mod arithmetic;
mod bits;
mod calls;
mod collectives;
mod contractions;
mod convert;
mod convolution;

mod cumulative;
mod elementwise;
mod fourier;
mod gamma;
mod gather;
mod index_windows;
mod indexing;
mod library;
mod linalg;
mod loops;
mod order;
mod pieces;
mod ragged;
mod random;
mod reductions;
mod references;
mod scatter;
mod special;
mod views;
mod windows;

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::call::{Call, Outcome};
use super::real::Real;

/// One primitive.
pub(super) struct Row<R: 'static> {
    pub(super) name: &'static str,
    pub(super) run: fn(&Call<'_, R>) -> Outcome<R>,
}

/// The families, in an order that is the same for all numbers.
const fn families<R: Real>() -> &'static [&'static [Row<R>]] {
    const {
        &[
            elementwise::rows(),
            special::rows(),
            gamma::rows(),
            bits::rows(),
            convert::rows(),
            views::rows(),
            pieces::rows(),
            gather::rows(),
            scatter::rows(),
            order::rows(),
            reductions::rows(),
            cumulative::rows(),
            windows::rows(),
            contractions::rows(),
            ragged::rows(),
            convolution::rows(),
            linalg::rows(),
            linalg::householder::rows(),
            linalg::jacobi::rows(),
            linalg::eigen::rows(),
            linalg::hessenberg::rows(),
            linalg::tridiagonal::rows(),
            linalg::schur::rows(),
            fourier::rows(),
            calls::rows(),
            loops::rows(),
            references::rows(),
            collectives::rows(),
            random::rows(),
            library::rows(),
        ]
    }
}

/// Where each primitive's row stands: the family, and the place in it.
static PLACES: LazyLock<FxHashMap<&str, (usize, usize)>> = LazyLock::new(|| {
    let families = families::<f64>().iter().enumerate();
    let rows = families.flat_map(|(family, rows)| {
        let rows = rows.iter().enumerate();
        rows.map(move |(place, row)| (row.name, (family, place)))
    });
    rows.collect()
});

pub(super) fn row<R: Real>(name: &str) -> Option<&'static Row<R>> {
    let &(family, place) = PLACES.get(name)?;
    families::<R>().get(family)?.get(place)
}

/// Whether a primitive can be evaluated.
pub(crate) fn supported(name: &str) -> bool {
    PLACES.contains_key(name)
}

/// Shortens the tables of the families.
pub(super) const fn row_of<R>(name: &'static str, run: fn(&Call<'_, R>) -> Outcome<R>) -> Row<R> {
    Row { name, run }
}

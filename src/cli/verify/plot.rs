//! Errors against the size of the inputs, before and after, as an SVG drawing.

use maud::{Markup, html};

use crate::interp::Data;
use crate::verify::{Point, PointErrors, Report};

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 320.0;
const MARGIN: f64 = 48.0;

/// One mark for each point and program. Wrong infinities and NaN stand in the row at the top.
pub(super) fn errors(report: &Report, points: &[Point]) -> Markup {
    let sizes = |errors: &PointErrors| {
        let point = points.iter().find(|point| point.label == errors.point);
        point.map_or(0.0, size)
    };
    let marks: Vec<(f64, &PointErrors)> = report
        .errors
        .iter()
        .map(|errors| (sizes(errors), errors))
        .collect();
    let least = marks
        .iter()
        .map(|(size, _)| *size)
        .fold(f64::INFINITY, f64::min)
        .min(-1.0);
    let most = marks
        .iter()
        .map(|(size, _)| *size)
        .fold(f64::NEG_INFINITY, f64::max)
        .max(1.0);
    let finite = report
        .errors
        .iter()
        .flat_map(|errors| [errors.before, errors.after]);
    let worst = finite
        .filter(|error| error.is_finite())
        .map(bits)
        .fold(4.0, f64::max);
    let x = |size: f64| MARGIN + (size - least) / (most - least) * (WIDTH - 2.0 * MARGIN);
    let (top, bottom) = (MARGIN, HEIGHT - MARGIN);
    let y = |error: f64| match error {
        error if error.is_finite() => bottom - bits(error) / worst * (bottom - top - 24.0),
        _ => top,
    };
    let place = |number: f64| format!("{number:.1}");
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img"
            aria-label="Errors before and after against the size of the inputs" {
            line x1=(place(MARGIN)) y1=(place(bottom)) x2=(place(WIDTH - MARGIN)) y2=(place(bottom)) stroke="currentColor" {}
            line x1=(place(MARGIN)) y1=(place(top)) x2=(place(MARGIN)) y2=(place(bottom)) stroke="currentColor" {}
            text x=(place(MARGIN)) y=(place(bottom + 16.0)) { (format!("10^{least:.0}")) }
            text x=(place(WIDTH - MARGIN)) y=(place(bottom + 16.0)) text-anchor="end" { (format!("10^{most:.0}")) }
            text x=(place(WIDTH / 2.0)) y=(place(bottom + 32.0)) text-anchor="middle" { "largest finite input" }
            text x=(place(MARGIN)) y=(place(top - 12.0)) { "not finite, and should be (or the other way)" }
            text x="4" y=(place(y(0.0))) { "exact" }
            text x="4" y=(place(top + 28.0)) { (format!("{worst:.0} bits")) }
            circle class="before" cx=(place(WIDTH - 150.0)) cy="12" r="4" {}
            text x=(place(WIDTH - 140.0)) y="16" { "before" }
            circle class="after" cx=(place(WIDTH - 80.0)) cy="12" r="4" {}
            text x=(place(WIDTH - 70.0)) y="16" { "after" }
            @for (size, errors) in &marks {
                circle class="before" cx=(place(x(*size))) cy=(place(y(errors.before))) r="3.5" opacity="0.6" {
                    title { (errors.point) ": " (errors.before) " ulps before" }
                }
                circle class="after" cx=(place(x(*size))) cy=(place(y(errors.after))) r="2.5" opacity="0.8" {
                    title { (errors.point) ": " (errors.after) " ulps after" }
                }
            }
        }
    }
}

/// Bits that an error in units in the last place takes.
fn bits(error: f64) -> f64 {
    (1.0 + error).log2()
}

/// The power of ten of the largest finite input that is not zero; 0 if there is none.
fn size(point: &Point) -> f64 {
    let floats = point
        .inputs
        .inputs
        .iter()
        .filter_map(|tensor| match tensor.data() {
            Data::Float(items) => Some(items),
            _ => None,
        });
    let sizes = floats.flatten().map(|number| number.abs());
    let largest = sizes
        .filter(|size| size.is_finite() && *size > 0.0)
        .fold(0.0, f64::max);
    if largest > 0.0 { largest.log10() } else { 0.0 }
}

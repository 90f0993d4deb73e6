//! Drawings of errors, as SVG: against the size of the inputs for each output, and by kind of inputs.

use maud::{Markup, html};

use crate::interp::{Data, Real as _};
use crate::ir::DType;
use crate::verify::{Errors, Point, Report, Stratum, correct_bits, precision};

const WIDTH: f64 = 720.0;
const LEFT: f64 = 92.0;
const RIGHT: f64 = WIDTH - 16.0;

/// A mark for each point and program. Wrong infinities and NaN stand in a band at the top.
pub(super) fn against_inputs(report: &Report, points: &[Point], output: usize) -> Markup {
    const HEIGHT: f64 = 300.0;
    const BAND: f64 = 34.0;
    const BOTTOM: f64 = HEIGHT - 52.0;
    let marks: Vec<(Option<f64>, Errors)> = report
        .errors
        .iter()
        .filter_map(|errors| {
            let point = points.iter().find(|point| point.label == errors.point)?;
            Some((size(point), *errors.outputs.get(output)?))
        })
        .collect();
    let dtype = report.outputs[output].dtype;
    let (across, up) = (Across::new(&marks), precision(dtype));
    let y = |error: f64| match error {
        error if error.is_finite() => BOTTOM - (1.0 + error).log2().min(up) / up * (BOTTOM - BAND - 12.0),
        _ => BAND / 2.0 + 2.0,
    };
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img"
            aria-label=(format!("Output {output}: error before and after against the largest input")) {
            rect class="band" x=(LEFT) y="2" width=(RIGHT - LEFT) height=(BAND) {}
            text x=(LEFT - 8.0) y=(BAND / 2.0 + 6.0) text-anchor="end" { "wrong inf/nan" }
            @for bits in ticks(up) {
                @let at = number(y(bits.exp2() - 1.0));
                line class="grid" x1=(LEFT) x2=(RIGHT) y1=(at) y2=(at) {}
                text x=(LEFT - 8.0) y=(number(y(bits.exp2() - 1.0) + 4.0)) text-anchor="end" { (ulps(bits)) }
            }
            @for (label, at) in across.ticks() {
                line class="axis" x1=(number(at)) x2=(number(at)) y1=(BOTTOM) y2=(BOTTOM + 5.0) {}
                text x=(number(at)) y=(BOTTOM + 20.0) text-anchor="middle" { (label) }
            }
            line class="axis" x1=(LEFT) x2=(RIGHT) y1=(BOTTOM) y2=(BOTTOM) {}
            text class="name" x=(number(f64::midpoint(LEFT, RIGHT))) y=(HEIGHT - 8.0) text-anchor="middle" {
                "largest finite input of the point, absolute value"
            }
            text class="name" text-anchor="middle"
                transform=(format!("translate(14 {}) rotate(-90)", number(f64::midpoint(BAND, BOTTOM)))) { "worst error, ulps" }
            @for (size, errors) in &marks {
                @let (at, before, after) = (number(across.place(*size)), number(y(errors.before)), number(y(errors.after)));
                line class="moved" x1=(at) x2=(at) y1=(before) y2=(after) {}
                circle class="before" cx=(at) cy=(before) r="4" {}
            }
            @for ((size, errors), known) in marks.iter().zip(&report.errors) {
                circle class="after" cx=(number(across.place(*size))) cy=(number(y(errors.after))) r="3.4" {
                    title { (known.point) ": " (told(errors.before)) " before, " (told(errors.after)) " after" }
                }
            }
        }
    }
}

/// For each stratum, the correct bits of the worst element before and after.
pub(super) fn by_stratum(report: &Report, points: &[Point]) -> Markup {
    const ROW: f64 = 26.0;
    let rows = strata(report, points);
    let most = report
        .outputs
        .iter()
        .map(|output| precision(output.dtype))
        .fold(0.0, f64::max);
    let bottom = 24.0 + ROW * number_of(rows.len());
    // Left of no correct bits stands what is wrong altogether.
    let (wrong, none) = (LEFT + 46.0, LEFT + 110.0);
    let x = |bits: Option<f64>| bits.map_or(wrong, |bits| none + bits / most * (RIGHT - 14.0 - none));
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {}", number(bottom + 44.0))) role="img"
            aria-label="Correct bits of the worst element before and after, by kind of inputs" {
            rect class="band" x=(LEFT) y="4" width=(none - LEFT - 22.0) height=(number(bottom - 4.0)) {}
            text x=(wrong) y=(number(bottom + 18.0)) text-anchor="middle" { "wrong inf/nan" }
            @for bits in ticks(most) {
                @let at = number(x(Some(bits)));
                line class="grid" x1=(at) x2=(at) y1="4" y2=(number(bottom)) {}
                text x=(at) y=(number(bottom + 18.0)) text-anchor="middle" { (bits) }
            }
            text class="name" x=(number(f64::midpoint(none, RIGHT))) y=(number(bottom + 38.0)) text-anchor="middle" {
                "correct bits of the worst element"
            }
            @for (index, row) in rows.iter().enumerate() {
                @let at = number(ROW.mul_add(number_of(index), 24.0));
                text class="name" x=(LEFT - 8.0) y=(number(ROW.mul_add(number_of(index), 28.0))) text-anchor="end" { (row.name) }
                line class="moved" x1=(number(x(row.before))) x2=(number(x(row.after))) y1=(at) y2=(at) stroke-width="3" {}
                circle class="before" cx=(number(x(row.before))) cy=(at) r="5.5" {}
                circle class="after" cx=(number(x(row.after))) cy=(at) r="4.4" {
                    title { (row.name) ", " (row.points) " points" }
                }
            }
        }
    }
}

/// What the marks mean.
pub(super) fn key() -> Markup {
    html! { p class="key faint" { span { i class="before" {} "original" } span { i class="after" {} "rewritten" } } }
}

/// The worst of one stratum; `None` where an infinity or NaN is wrong.
struct Row {
    name: &'static str,
    points: usize,
    before: Option<f64>,
    after: Option<f64>,
}

fn strata(report: &Report, points: &[Point]) -> Vec<Row> {
    let kinds = Stratum::ALL.into_iter().map(Some).chain([None]);
    let row = |kind: Option<Stratum>| {
        let of_kind = |label: &str| {
            points
                .iter()
                .any(|point| point.label == label && point.stratum == kind)
        };
        let all: Vec<_> = report
            .errors
            .iter()
            .filter(|errors| of_kind(&errors.point))
            .collect();
        let worst = |side: fn(&Errors) -> f64| {
            let outputs = all
                .iter()
                .flat_map(|errors| errors.outputs.iter().zip(&report.outputs));
            let bits =
                |(errors, output): (&Errors, &crate::verify::OutputReport)| bits(output.dtype, side(errors));
            // One that is wrong altogether decides.
            outputs
                .map(bits)
                .try_fold(f64::INFINITY, |least, bits| Some(least.min(bits?)))
        };
        let (before, after) = (worst(|errors| errors.before), worst(|errors| errors.after));
        let name = kind.map_or("own inputs", Stratum::name);
        (!all.is_empty()).then_some(Row {
            name,
            points: all.len(),
            before,
            after,
        })
    };
    kinds.filter_map(row).collect()
}

fn bits(dtype: DType, error: f64) -> Option<f64> {
    error.is_finite().then(|| correct_bits(dtype, error))
}

/// The horizontal axis: powers of ten, and left of them what has no size.
struct Across {
    least: f64,
    most: f64,
    has_none: bool,
}

impl Across {
    fn new(marks: &[(Option<f64>, Errors)]) -> Self {
        let sizes = || marks.iter().filter_map(|(size, _)| *size);
        let least = sizes().fold(f64::INFINITY, f64::min).min(0.0).floor();
        let most = sizes().fold(f64::NEG_INFINITY, f64::max).max(1.0).ceil();
        let has_none = marks.iter().any(|(size, _)| size.is_none());
        Self {
            least,
            most,
            has_none,
        }
    }

    fn place(&self, size: Option<f64>) -> f64 {
        let gutter = if self.has_none { 60.0 } else { 16.0 };
        match size {
            Some(size) => {
                let share = (size - self.least) / (self.most - self.least);
                share.mul_add(RIGHT - 16.0 - LEFT - gutter, LEFT + gutter)
            }
            None => LEFT + 24.0,
        }
    }

    fn ticks(&self) -> Vec<(String, f64)> {
        let step = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]
            .into_iter()
            .find(|step| (self.most - self.least) / step <= 9.0)
            .unwrap_or(200.0);
        let mut ticks = Vec::new();
        let mut power = (self.least / step).ceil() * step;
        while power <= self.most {
            ticks.push((power_of_ten(power), self.place(Some(power))));
            power += step;
        }
        if self.has_none {
            ticks.push(("none".to_owned(), self.place(None)));
        }
        ticks
    }
}

/// `10⁻³⁸`
fn power_of_ten(power: f64) -> String {
    if power == 0.0 {
        return "1".to_owned();
    }
    format!("10{}", raised(power))
}

fn raised(power: f64) -> String {
    let digit = |c: char| match c {
        '-' => '⁻',
        c => c.to_digit(10).map_or(c, |digit| {
            ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][digit as usize]
        }),
    };
    format!("{power:.0}").chars().map(digit).collect()
}

/// Bits at which an axis has marks.
fn ticks(most: f64) -> Vec<f64> {
    let step = if most > 24.0 {
        8.0
    } else if most > 12.0 {
        4.0
    } else {
        2.0
    };
    let mut ticks: Vec<f64> = std::iter::successors(Some(0.0), |bits| Some(bits + step))
        .take_while(|bits| *bits < most - step / 2.0)
        .collect();
    ticks.push(most);
    ticks
}

/// An error that takes so many bits.
fn ulps(bits: f64) -> String {
    match bits {
        0.0 => "0".to_owned(),
        bits if bits <= 8.0 => format!("{:.0}", bits.exp2()),
        bits => format!("2{}", raised(bits)),
    }
}

fn told(error: f64) -> String {
    if error.is_finite() {
        format!("{error:.3e} ulps")
    } else {
        "a wrong infinity or NaN".to_owned()
    }
}

fn number(place: f64) -> String {
    format!("{place:.1}")
}

fn number_of(count: usize) -> f64 {
    f64::from_integer(count as i128)
}

/// The power of ten of the largest finite input that is not zero.
fn size(point: &Point) -> Option<f64> {
    let floats = point
        .inputs
        .inputs
        .iter()
        .filter_map(|tensor| match tensor.data() {
            Data::Float(items) => Some(items),
            _ => None,
        });
    let finite = floats.flatten().filter(|number| number.is_finite());
    let largest = finite.map(|number| number.abs()).fold(0.0, f64::max);
    (largest > 0.0).then(|| largest.log10())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_marks_that_people_read() {
        assert_eq!(ticks(24.0), [0.0, 4.0, 8.0, 12.0, 16.0, 20.0, 24.0]);
        assert_eq!(ticks(53.0), [0.0, 8.0, 16.0, 24.0, 32.0, 40.0, 48.0, 53.0]);
        assert_eq!(
            (ulps(0.0), ulps(4.0), ulps(24.0)),
            ("0".into(), "16".into(), "2²⁴".into())
        );
        assert_eq!(
            (power_of_ten(0.0), power_of_ten(-38.0)),
            ("1".into(), "10⁻³⁸".into())
        );
    }
}

//! Numbers within bounds.

use serde_json::{Number, Value};

use super::build::Unbuildable;
use crate::model::SchemaSummary;
use crate::schema::{Context, View, bound};

/// The range and step a schema allows.
#[derive(Debug, Clone, Copy)]
struct Range {
    low: f64,
    low_open: bool,
    high: f64,
    high_open: bool,
    step: Option<f64>,
}

impl Range {
    fn of(cx: &Context<'_>, view: &View<'_>) -> Self {
        let mut range = Self {
            low: f64::NEG_INFINITY,
            low_open: false,
            high: f64::INFINITY,
            high_open: false,
            step: None,
        };
        for part in &view.parts {
            // OpenAPI 3.0 and Swagger 2.0 write `exclusiveMinimum: true` beside `minimum`.
            let flag = |keyword| part.get(keyword) == Some(&Value::Bool(true));
            let get = |keyword| part.get(keyword).and_then(|value| bound(cx, keyword, value));
            range.raise(get("minimum"), flag("exclusiveMinimum"));
            range.raise(get("exclusiveMinimum"), true);
            range.lower(get("maximum"), flag("exclusiveMaximum"));
            range.lower(get("exclusiveMaximum"), true);
            range.step = range.step.or(get("multipleOf").filter(|step| *step > 0.0));
        }
        range
    }

    fn raise(&mut self, bound: Option<f64>, open: bool) {
        let Some(bound) = bound else { return };
        if bound > self.low || (bound == self.low && open) {
            (self.low, self.low_open) = (bound, open);
        }
    }

    fn lower(&mut self, bound: Option<f64>, open: bool) {
        let Some(bound) = bound else { return };
        if bound < self.high || (bound == self.high && open) {
            (self.high, self.high_open) = (bound, open);
        }
    }

    fn holds(&self, value: f64) -> bool {
        let above = value > self.low || (!self.low_open && value == self.low);
        let below = value < self.high || (!self.high_open && value == self.high);
        above && below && self.step.is_none_or(|step| is_multiple(value, step))
    }

    /// The smallest and largest whole numbers inside, within what floats hold exactly.
    fn whole(&self) -> (i64, i64) {
        const EXACT: f64 = 9_007_199_254_740_991.0;
        let low = if self.low_open {
            self.low.floor() + 1.0
        } else {
            self.low.ceil()
        };
        let high = if self.high_open {
            self.high.ceil() - 1.0
        } else {
            self.high.floor()
        };
        (low.clamp(-EXACT, EXACT) as i64, high.clamp(-EXACT, EXACT) as i64)
    }
}

fn is_multiple(value: f64, step: f64) -> bool {
    let times = value / step;
    (times - times.round()).abs() < 1e-9 * times.abs().max(1.0)
}

pub(super) fn fits(cx: &Context<'_>, view: &View<'_>, value: &Number) -> Result<(), Unbuildable> {
    match value.as_f64() {
        Some(float) if Range::of(cx, view).holds(float) => Ok(()),
        _ => Err(Unbuildable::new("out of bounds")),
    }
}

pub(super) fn integer(
    cx: &Context<'_>,
    view: &View<'_>,
    summary: &SchemaSummary,
    salt: usize,
) -> Result<Value, Unbuildable> {
    let mut range = Range::of(cx, view);
    if summary.format.as_deref() == Some("int32") {
        range.raise(Some(f64::from(i32::MIN)), false);
        range.lower(Some(f64::from(i32::MAX)), false);
    }
    whole(&range, salt)
        .map(Value::from)
        .ok_or_else(|| Unbuildable::new("no whole number is within its bounds"))
}

pub(super) fn number(
    cx: &Context<'_>,
    view: &View<'_>,
    _summary: &SchemaSummary,
    salt: usize,
) -> Result<Value, Unbuildable> {
    let range = Range::of(cx, view);
    if let Some(value) = whole(&range, salt) {
        return Ok(Value::from(value));
    }
    let found = match range.step {
        Some(step) => {
            let first = if range.low.is_finite() {
                (range.low / step).floor()
            } else {
                (range.high / step).floor() - 2.0
            };
            (0..4)
                .map(|n| (first + f64::from(n)) * step)
                .find(|value| range.holds(*value))
        }
        None => {
            Some(range.low + (range.high - range.low) * (1.0 / (2.0 + salt as f64))).filter(|value| range.holds(*value))
        }
    };
    found
        .and_then(Number::from_f64)
        .map(Value::Number)
        .ok_or_else(|| Unbuildable::new("no number is within its bounds"))
}

/// A whole number inside the range: 1 when possible, else the one nearest to it.
fn whole(range: &Range, salt: usize) -> Option<i64> {
    let (low, high) = range.whole();
    if low > high {
        return None;
    }
    let step = whole_step(range.step)?;
    // 1 itself is friendlier than the first multiple above it, so it is the first choice only without a step.
    let start = 1_i64.clamp(low, high);
    let up = start.div_euclid(step) * step + if start.rem_euclid(step) == 0 { 0 } else { step };
    let first = [up, up - step].into_iter().find(|value| (low..=high).contains(value))?;
    let salt = i64::try_from(salt).ok()?;
    let moved = first.checked_add(salt.checked_mul(step)?)?;
    let value = if moved <= high {
        moved
    } else {
        let bottom = low.div_euclid(step) * step + if low.rem_euclid(step) == 0 { 0 } else { step };
        let count = (high - bottom) / step + 1;
        bottom + (salt % count.max(1)) * step
    };
    Some(value).filter(|value| range.holds(*value as f64))
}

/// The smallest whole number that is a multiple of the step.
fn whole_step(step: Option<f64>) -> Option<i64> {
    let Some(step) = step else { return Some(1) };
    if step >= 9e15 {
        return None;
    }
    (1..=1_000_i64)
        .map(|n| step * n as f64)
        .find(|times| *times >= 1.0 && (times - times.round()).abs() < 1e-9)
        .map(|t| t.round() as i64)
}

//! How long the chosen run will take, from what this machine has measured; nothing before that.

use super::results::Training;
use crate::labs::tune::{Config, Method};

/// Milliseconds for `wanted`, from the trainings of a run of `measured`. A method that was not trained counts as the mean
/// of those that were.
pub(super) fn estimate_millis(wanted: &Config, measured: &Config, trainings: &[Training]) -> Option<f64> {
    let count = |c: &Config| f64::from(c.train.batch * c.train.accumulate);
    // A step grows with the examples in it, a measurement with those it is tested on.
    let per_step = count(wanted) / count(measured) * f64::from(wanted.train.steps);
    let per_test = f64::from(wanted.data.tested) / f64::from(measured.data.tested);
    let cost = |t: &Training| t.step_millis * per_step + t.measure_millis * per_test;
    let mean = |all: &mut dyn Iterator<Item = &Training>| {
        let costs: Vec<f64> = all.map(cost).filter(|c| c.is_finite()).collect();
        (!costs.is_empty()).then(|| costs.iter().sum::<f64>() / costs.len() as f64)
    };
    let any = mean(&mut trainings.iter())?;
    let of = |method: &Method| mean(&mut trainings.iter().filter(|t| t.method == *method)).unwrap_or(any);
    Some(wanted.methods.iter().map(of).sum::<f64>() * f64::from(wanted.seeds))
}

#[cfg(test)]
mod tests {
    use super::super::results::{sample, trainings};
    use super::*;

    #[test]
    fn an_estimate_grows_with_everything_that_takes_time() {
        let mut measured = Config { methods: vec![Method::Full, Method::Lora], ..Config::default() };
        (measured.train.steps, measured.train.batch) = (60, 8);
        let known = trainings(&sample());
        let millis = |c: &Config| estimate_millis(c, &measured, &known).unwrap();
        // 60 steps of 20 ms and of 11 ms, and 400 ms of measuring each.
        assert!((millis(&measured) - (1600.0 + 1060.0)).abs() < 1e-9);
        let mut more = measured.clone();
        (more.seeds, more.train.batch) = (2, 16);
        assert!((millis(&more) - 2.0 * (2800.0 + 1720.0)).abs() < 1e-9);
        let other = Config { methods: vec![Method::Prompt], ..measured.clone() };
        assert!((millis(&other) - (60.0 * (10.0 + 20.0 + 12.0) / 3.0 + 400.0)).abs() < 1e-9);
        assert_eq!(estimate_millis(&measured, &measured, &[]), None);
    }
}

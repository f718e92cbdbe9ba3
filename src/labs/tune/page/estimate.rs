//! How much the chosen run computes, and how long it will take: from what this machine has measured, once it has.

use super::results::Training;
use crate::labs::tune::{BASE, Config, Method, trainable_count};

/// Operations of one step with examples of `tokens`: of the additions and multiplications of the matrices, which attention
/// between tokens adds little to as long as texts are short.
///
/// ```text
/// forward    2 N a token, and 2 more for each number that is trained beside the base
/// backward   2 N for what reaches the layer below, and 2 for the gradient of each trained number
/// full       6 N;  frozen base 4 N + 6 trained;  with checkpointing 2 N more
/// ```
///
/// # Source
/// Kaplan et al. 2020, arXiv:2001.08361, section 2.1; here `N` counts the last matrix too.
fn step_flops(config: &Config, method: Method, tokens: f64) -> f64 {
    let (all, trained) = (BASE.parameters() as f64, trainable_count(&BASE, method, &config.peft) as f64);
    let again = if config.train.checkpointing { 2.0 * all } else { 0.0 };
    let examples = f64::from(config.train.batch * config.train.accumulate);
    examples
        * match method {
            Method::Full => tokens * (6.0 * all + again),
            // The gradient ends at the last matrix.
            Method::Head => tokens * (2.0 * all + 2.0 * trained),
            Method::Lora | Method::Qlora | Method::Adapter => tokens * (4.0 * all + 6.0 * trained + again),
            Method::Prompt => (tokens + f64::from(config.peft.prompt.tokens)) * (4.0 * all + again),
            Method::Prefix | Method::DeepPrompt => tokens * (4.0 * all + again),
        }
}

/// Operations of all trainings of a run, without the measurements.
pub(super) fn run_flops(config: &Config, tokens: f64) -> f64 {
    let steps = f64::from(config.train.steps * config.seeds);
    config.methods.iter().map(|m| step_flops(config, *m, tokens)).sum::<f64>() * steps
}

/// Operations a second that this machine reached in the steps of `trainings`, which a run of `measured` gave.
pub(super) fn measured_flops(measured: &Config, tokens: f64, trainings: &[Training]) -> Option<f64> {
    let known = || trainings.iter().filter(|t| t.step_millis > 0.0);
    let seconds = known().map(|t| t.step_millis / 1000.0).sum::<f64>();
    let flops = known().map(|t| step_flops(measured, t.method, tokens)).sum::<f64>();
    (seconds > 0.0).then(|| flops / seconds)
}

/// Milliseconds for `wanted`, from the trainings of a run of `measured`. A method that was not trained counts as the mean
/// of those that were. What the run took beyond its trainings, of `elapsed_millis` in all, goes into each of them alike.
pub(super) fn estimate_millis(
    wanted: &Config,
    measured: &Config,
    trainings: &[Training],
    elapsed_millis: Option<f64>,
) -> Option<f64> {
    let told: f64 = trainings.iter().map(|t| t.train_millis + t.measure_millis).sum();
    let beyond = elapsed_millis.map_or(0.0, |all| (all - told).max(0.0) / trainings.len() as f64);
    let count = |c: &Config| f64::from(c.train.batch * c.train.accumulate);
    // A step grows with the examples in it, a measurement with those it is tested on.
    let per_step = count(wanted) / count(measured) * f64::from(wanted.train.steps);
    let per_test = f64::from(wanted.data.tested) / f64::from(measured.data.tested);
    let cost = |t: &Training| t.step_millis * per_step + t.measure_millis * per_test + beyond;
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
    fn a_frozen_base_saves_a_third_and_a_frozen_body_two() {
        let mut config = Config { methods: vec![Method::Full, Method::Prefix], ..Config::default() };
        (config.train.batch, config.train.steps, config.seeds) = (2, 10, 3);
        let parameters = BASE.parameters() as f64;
        let of = |method| step_flops(&config, method, 50.0) / (2.0 * 50.0 * parameters);
        assert_eq!((of(Method::Full), of(Method::Prefix)), (6.0, 4.0));
        assert!((4.0..4.6).contains(&of(Method::Lora)), "8 % of the weights, six times: {}", of(Method::Lora));
        assert!((2.0..2.5).contains(&of(Method::Head)));
        assert_eq!(run_flops(&config, 50.0), 30.0 * 100.0 * parameters * 10.0);
        config.train.checkpointing = true;
        assert_eq!(step_flops(&config, Method::Full, 50.0), 100.0 * 8.0 * parameters);
    }

    #[test]
    fn the_rate_is_all_operations_over_all_time() {
        let config = Config::default();
        let known = trainings(&sample());
        let flops: f64 = known.iter().map(|t| step_flops(&config, t.method, 50.0)).sum();
        let rate = measured_flops(&config, 50.0, &known).unwrap();
        assert!((rate / (flops / 0.042) - 1.0).abs() < 1e-12, "42 ms in all");
        assert_eq!(measured_flops(&config, 50.0, &[]), None);
    }

    #[test]
    fn an_estimate_grows_with_everything_that_takes_time() {
        let mut measured = Config { methods: vec![Method::Full, Method::Lora], ..Config::default() };
        (measured.train.steps, measured.train.batch) = (60, 8);
        let known = trainings(&sample());
        let millis = |c: &Config| estimate_millis(c, &measured, &known, None).unwrap();
        // 60 steps of 20 ms and of 11 ms, and 400 ms of measuring each.
        assert!((millis(&measured) - (1600.0 + 1060.0)).abs() < 1e-9);
        let mut more = measured.clone();
        (more.seeds, more.train.batch) = (2, 16);
        assert!((millis(&more) - 2.0 * (2800.0 + 1720.0)).abs() < 1e-9);
        let other = Config { methods: vec![Method::Prompt], ..measured.clone() };
        assert!((millis(&other) - (60.0 * (10.0 + 20.0 + 12.0) / 3.0 + 400.0)).abs() < 1e-9);
        // 2500 ms of training and 1200 of measuring; the other 300 are those of three trainings.
        let all = estimate_millis(&measured, &measured, &known, Some(4000.0)).unwrap();
        assert!((all - (millis(&measured) + 200.0)).abs() < 1e-9, "{all}");
        assert_eq!(estimate_millis(&measured, &measured, &known, Some(1.0)), Some(millis(&measured)), "it went on");
        assert_eq!(estimate_millis(&measured, &measured, &[], Some(9.0)), None);
    }
}

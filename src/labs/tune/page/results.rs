//! The table of results as numbers: one training a row, and what several seeds of one method say together.

use crate::labs::tune::{Method, mean_interval, share_interval};
use crate::protocol::Table;

/// A finished training; the fields are the columns of [`crate::labs::tune::tables::RESULTS`].
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Training {
    pub(super) run: String,
    pub(super) method: Method,
    pub(super) seed: u32,
    pub(super) trainable: f64,
    pub(super) percent: f64,
    pub(super) accuracy: f64,
    pub(super) train_accuracy: f64,
    pub(super) token_accuracy: f64,
    pub(super) tested: f64,
    pub(super) step_millis: f64,
    pub(super) train_millis: f64,
    pub(super) measure_millis: f64,
    pub(super) peak_bytes: f64,
    pub(super) saved_bytes: f64,
    pub(super) forgot_before: f64,
    pub(super) forgot_after: f64,
    /// Whether the browser keeps it.
    pub(super) is_kept: bool,
}

/// Every training of a table; a row of a method that this page does not know is left out.
pub(super) fn trainings(table: &Table) -> Vec<Training> {
    let training = |i: usize| {
        let number = |column: &str| table.number(i, column).unwrap_or(f64::NAN);
        Some(Training {
            run: table.text(i, "run").unwrap_or_default().to_owned(),
            method: Method::from_word(table.text(i, "method")?)?,
            seed: number("seed") as u32,
            trainable: number("trainable"),
            percent: number("percent"),
            accuracy: number("accuracy"),
            train_accuracy: number("train_accuracy"),
            token_accuracy: number("token_accuracy"),
            tested: number("tested"),
            step_millis: number("step_millis"),
            train_millis: number("train_millis"),
            measure_millis: number("measure_millis"),
            peak_bytes: number("peak_bytes"),
            saved_bytes: number("saved_bytes"),
            forgot_before: number("forgot_before"),
            forgot_after: number("forgot_after"),
            is_kept: number("kept") != 0.0,
        })
    };
    (0..table.rows.len()).filter_map(training).collect()
}

/// What all seeds of one method say: means, and the largest of the peaks.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Summary {
    pub(super) method: Method,
    pub(super) seeds: usize,
    pub(super) trainable: f64,
    pub(super) percent: f64,
    pub(super) accuracy: f64,
    /// 95 %: Student's over seeds; Wilson's over the answers where there is one seed.
    pub(super) interval: (f64, f64),
    pub(super) train_accuracy: f64,
    /// Of the tokens of the test's answers.
    pub(super) token_accuracy: f64,
    pub(super) step_millis: f64,
    /// One training, with its measurements.
    pub(super) total_millis: f64,
    pub(super) peak_bytes: f64,
    pub(super) saved_bytes: f64,
    pub(super) forgot_before: f64,
    pub(super) forgot_after: f64,
}

impl Summary {
    /// By which factor the perplexity on the old texts has grown.
    pub(super) fn forgetting(&self) -> f64 {
        self.forgot_after / self.forgot_before
    }
}

/// One summary a method, in the order of [`Method::ALL`].
pub(super) fn summaries(trainings: &[Training]) -> Vec<Summary> {
    let of = |method: Method| {
        let mine: Vec<&Training> = trainings.iter().filter(|t| t.method == method).collect();
        let first = mine.first()?;
        let values = |read: fn(&Training) -> f64| mine.iter().map(|t| read(t)).collect::<Vec<f64>>();
        let mean = |read: fn(&Training) -> f64| values(read).iter().sum::<f64>() / mine.len() as f64;
        let accuracy = mean(|t| t.accuracy);
        let right = (accuracy * first.tested).round() as u32;
        let interval = mean_interval(&values(|t| t.accuracy)).or_else(|| share_interval(right, first.tested as u32));
        let (low, high) = interval.map_or((f64::NAN, f64::NAN), |i| (i.low, i.high));
        Some(Summary {
            method,
            seeds: mine.len(),
            trainable: first.trainable,
            percent: first.percent,
            accuracy,
            interval: (low.clamp(0.0, 1.0), high.clamp(0.0, 1.0)),
            train_accuracy: mean(|t| t.train_accuracy),
            token_accuracy: mean(|t| t.token_accuracy),
            step_millis: mean(|t| t.step_millis),
            total_millis: mean(|t| t.train_millis + t.measure_millis),
            peak_bytes: values(|t| t.peak_bytes).into_iter().fold(f64::NAN, f64::max),
            saved_bytes: first.saved_bytes,
            forgot_before: mean(|t| t.forgot_before),
            forgot_after: mean(|t| t.forgot_after),
        })
    };
    Method::ALL.into_iter().filter_map(of).collect()
}

/// The method with the largest or smallest of something, where at least two were measured.
pub(super) fn extreme(summaries: &[Summary], read: fn(&Summary) -> f64, largest: bool) -> Option<&Summary> {
    let known = || summaries.iter().filter(|s| read(s).is_finite());
    if known().count() < 2 {
        return None;
    }
    let better = |a: &Summary, b: &Summary| if largest { read(b) > read(a) } else { read(b) < read(a) };
    known().fold(None, |best: Option<&Summary>, s| match best {
        Some(b) if !better(b, s) => Some(b),
        _ => Some(s),
    })
}

/// A table of two methods, of which one has two seeds; for the tests of every piece that reads results.
#[cfg(test)]
pub(super) fn sample() -> Table {
    use crate::labs::tune::tables;
    let mut table = Table::new(tables::RESULTS, &tables::RESULTS_COLUMNS);
    let row = |method: &str, seed: f64, numbers: [f64; 16]| {
        let mut cells = vec![format!("{method}-{seed}").into(), method.into(), seed.into()];
        cells.extend(numbers.map(Into::into));
        cells
    };
    table.rows = vec![
        row("lora", 1.0, [6e4, 4.0, 0.90, 0.95, 0.96, 100.0, 0.3, 10.0, 600.0, 400.0, 9e6, 3e5, 2.0, 2.2, 60.0, 1.0]),
        row(
            "full",
            1.0,
            [1.4e6, 100.0, 0.80, 1.0, 0.91, 100.0, 0.4, 20.0, 1200.0, 400.0, 3e7, 6e6, 2.0, 4.0, 60.0, 1.0],
        ),
        row("lora", 2.0, [6e4, 4.0, 0.94, 0.97, 0.98, 100.0, 0.2, 12.0, 700.0, 400.0, 8e6, 3e5, 2.0, 2.4, 60.0, 1.0]),
    ];
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_summed_up_by_method() {
        let all = summaries(&trainings(&sample()));
        assert_eq!(all.iter().map(|s| (s.method, s.seeds)).collect::<Vec<_>>(), [(Method::Full, 1), (Method::Lora, 2)]);
        let lora = &all[1];
        assert!((lora.accuracy - 0.92).abs() < 1e-12 && (lora.step_millis - 11.0).abs() < 1e-12);
        assert_eq!((lora.total_millis, lora.peak_bytes), (1050.0, 9e6));
        // Two seeds: 0.92 -+ 12.7 * 0.02, cut off at everything right.
        assert_eq!(lora.interval.1, 1.0);
        assert!(lora.interval.0 < 0.70);
        // One seed: Wilson's interval of 80 of 100.
        assert!((all[0].interval.0 - 0.711).abs() < 1e-3, "{:?}", all[0].interval);
        assert!((all[0].forgetting() - 2.0).abs() < 1e-12);
    }

    #[test]
    fn the_extreme_of_one_is_none() {
        let all = summaries(&trainings(&sample()));
        assert_eq!(extreme(&all, |s| s.accuracy, true).map(|s| s.method), Some(Method::Lora));
        assert_eq!(extreme(&all, |s| s.saved_bytes, false).map(|s| s.method), Some(Method::Lora));
        assert_eq!(extreme(&all, |s| s.peak_bytes, true).map(|s| s.method), Some(Method::Full));
        assert_eq!(extreme(&all[..1], |s| s.accuracy, true), None);
    }
}

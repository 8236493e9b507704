//! A case of `spark-vectors.json`, and running it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stream_runtime::Job;
use stream_runtime::receiver::Queue;
use stream_runtime::sink::Collect;
use stream_runtime::testing::TestRun;

/// What Spark answers.
#[derive(Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) params: Value,
    input_batches: Option<Value>,
    pub(crate) expected_batches: Option<Value>,
    /// Whether the order within a batch does not matter.
    use_set: bool,
    /// Into how many partitions batches are cut; any number if not said.
    partitions: Option<usize>,
    /// What is expected of something else than batches.
    #[serde(default)]
    pub(crate) expected: Value,
    /// All keys and states after each batch.
    #[serde(default)]
    pub(crate) expected_snapshots: Value,
    pub(crate) expected_before_error: Option<Value>,
    pub(crate) expected_partition_count: Option<usize>,
}

/// All cases, in the order of the file.
pub(crate) fn all() -> Vec<Case> {
    serde_json::from_str(include_str!("spark-vectors.json")).expect("the vectors are cases")
}

/// The cases without `partitions` are run with each of these.
const PARTITIONS: [usize; 3] = [1, 2, 5];

impl Case {
    /// The runs that the case is for: one for each number of partitions.
    pub(crate) fn runs(&self) -> Vec<TestRun> {
        let asked = self.partitions.or_else(|| {
            let partitions = self.params["partitions"].as_u64()?;
            usize::try_from(partitions).ok()
        });
        let partitions = asked.map_or(PARTITIONS.to_vec(), |partitions| vec![partitions]);
        partitions
            .into_iter()
            .map(|partitions| TestRun::new().partitions(partitions))
            .collect()
    }

    /// The input, a row for each batch.
    pub(crate) fn rows<T: DeserializeOwned>(&self) -> Vec<Vec<T>> {
        rows(self.input())
    }

    pub(crate) fn input(&self) -> &Value {
        self.input_batches.as_ref().expect("the case has an input")
    }

    fn two_inputs<T: DeserializeOwned, U: DeserializeOwned>(&self) -> (Vec<Vec<T>>, Vec<Vec<U>>) {
        (rows(&self.input()[0]), rows(&self.input()[1]))
    }

    /// Runs a pipeline over the input and compares what it puts out.
    pub(crate) fn holds<T, O>(&self, pipeline: impl Fn(Queue<T>, Collect<O>) -> Job)
    where
        T: DeserializeOwned,
        O: Clone + Serialize,
    {
        let expected = self.expected_batches.as_ref();
        self.answers(expected.expect("the case has an answer"), pipeline);
    }

    /// As [`holds`](Self::holds), for an answer that is not `expected_batches`.
    pub(crate) fn answers<T, O>(
        &self,
        expected: &Value,
        pipeline: impl Fn(Queue<T>, Collect<O>) -> Job,
    ) where
        T: DeserializeOwned,
        O: Clone + Serialize,
    {
        for run in self.runs() {
            self.compare(&run.run(&pipeline, self.rows()), expected);
        }
    }

    /// Runs a pipeline over both inputs and compares what it puts out.
    pub(crate) fn holds_for_two<T, U, O>(
        &self,
        pipeline: impl Fn(Queue<T>, Queue<U>, Collect<O>) -> Job,
    ) where
        T: DeserializeOwned,
        U: DeserializeOwned,
        O: Clone + Serialize,
    {
        let expected = self.expected_batches.as_ref();
        self.answers_for_two(expected.expect("the case has an answer"), pipeline);
    }

    /// As [`holds_for_two`](Self::holds_for_two), for an answer that is not `expected_batches`.
    pub(crate) fn answers_for_two<T, U, O>(
        &self,
        expected: &Value,
        pipeline: impl Fn(Queue<T>, Queue<U>, Collect<O>) -> Job,
    ) where
        T: DeserializeOwned,
        U: DeserializeOwned,
        O: Clone + Serialize,
    {
        for run in self.runs() {
            let (left, right) = self.two_inputs();
            self.compare(&run.run_two(&pipeline, left, right), expected);
        }
    }

    /// Compares rows with the answer, in the form that JSON gives them.
    pub(crate) fn compare(&self, rows: &impl Serialize, expected: &Value) {
        let rows = serde_json::to_value(rows).expect("rows can be written as JSON");
        assert_eq!(
            self.in_order(&rows),
            self.in_order(expected),
            "{}: here is on the left, Spark's answer on the right",
            self.id
        );
    }

    /// The rows as text, each in an order of its own if their order does not matter.
    fn in_order(&self, rows: &Value) -> Vec<Vec<String>> {
        let mut rows: Vec<Vec<String>> = rows
            .as_array()
            .expect("batches are an array")
            .iter()
            .map(|row| row.as_array().expect("a batch is an array"))
            .map(|row| row.iter().map(Value::to_string).collect())
            .collect();
        if self.use_set {
            rows.iter_mut().for_each(|row| row.sort());
        }
        rows
    }
}

/// The rows of an input. No batch at all, which only Spark tells from an empty one, is empty.
fn rows<T: DeserializeOwned>(batches: &Value) -> Vec<Vec<T>> {
    let rows: Vec<Option<Vec<T>>> =
        serde_json::from_value(batches.clone()).expect("the input is rows of records");
    rows.into_iter().map(Option::unwrap_or_default).collect()
}

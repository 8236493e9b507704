//! The cases of what is not there yet, by what they wait for.

pub(crate) const CASES: &[(&str, &[&str])] = &[
    ("listeners", &["listener.batch_info", "listener.failures"]),
    (
        "learning on streams",
        &[
            "ml.kmeans.two_centers",
            "ml.kmeans.dying",
            "ml.kmeans.decay_any",
            "ml.linreg.accuracy",
            "ml.linreg.predict",
            "ml.linreg.train_then_predict",
            "ml.linreg.empty",
            "ml.logreg.accuracy",
            "ml.test.null",
            "ml.test.window_counts",
            "ml.test.one_group",
            "golden.kmeans.decay1",
            "golden.kmeans.decay05",
            "golden.kmeans.decay0",
            "golden.kmeans.half_life_3_points",
            "golden.linreg.defaults",
            "golden.logreg.defaults",
            "golden.linreg.reg",
            "golden.logreg.reg",
            "golden.streaming_test.welch.w0.p1",
            "golden.streaming_test.welch.w2.p1",
            "golden.streaming_test.student.w0.p1",
            "golden.streaming_test.student.w2.p0",
            "golden.streaming_test.student.w2.p1",
        ],
    ),
];

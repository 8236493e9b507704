//! The guide is whole: its summary names its chapters, its links lead somewhere, no operator and no
//! call of Spark is left out. That its code runs is tested by `stream-runtime/src/guide.rs`.

mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use table::{operators, read, root};

const GUIDE: &str = "docs/guide/src";
const SPARK: &str = "docs/guide/src/from-spark.md";

/// What Spark Streaming 3.5 has, by the heading under which the guide tells of it.
const CALLS: [(&str, &str); 8] = [
    (
        "StreamingContext",
        "StreamingContext getOrCreate getActive getActiveOrCreate jarOfClass sparkContext checkpoint
         remember start awaitTermination awaitTerminationOrTimeout stop getState
         addStreamingListener removeStreamingListener union transform socketTextStream socketStream
         rawSocketStream textFileStream fileStream binaryRecordsStream queueStream receiverStream
         ConstantInputDStream InputDStream ReceiverInputDStream createDirectStream
         KinesisInputDStream",
    ),
    (
        "DStream",
        "map flatMap filter mapPartitions glom repartition count reduce countByValue union transform
         transformWith foreachRDD print saveAsTextFiles saveAsObjectFiles cache persist checkpoint
         window reduceByWindow countByWindow countByValueAndWindow slice dependencies slideDuration
         compute context ssc toPairDStreamFunctions",
    ),
    (
        "PairDStreamFunctions",
        "groupByKey reduceByKey combineByKey mapValues flatMapValues cogroup join leftOuterJoin
         rightOuterJoin fullOuterJoin groupByKeyAndWindow reduceByKeyAndWindow updateStateByKey
         mapWithState stateSnapshots saveAsHadoopFiles saveAsNewAPIHadoopFiles",
    ),
    (
        "StateSpec and State",
        "function initialState numPartitions partitioner timeout exists get getOption update remove
         isTimingOut",
    ),
    (
        "Receiver",
        "storageLevel onStart onStop preferredLocation store reportError restart stop isStarted
         isStopped streamId",
    ),
    (
        "StreamingListener",
        "onStreamingStarted onBatchSubmitted onBatchStarted onBatchCompleted
         onOutputOperationStarted onOutputOperationCompleted onReceiverStarted onReceiverError
         onReceiverStopped StatsReportListener batchTime numRecords streamIdToInputInfo
         submissionTime processingStartTime processingEndTime schedulingDelay processingDelay
         totalDelay outputOperationInfos failureReason ReceiverInfo StreamInputInfo",
    ),
    (
        "Duration, Time and Interval",
        "Duration Milliseconds Seconds Minutes Durations plus minus times div less lessEq greater
         greaterEq isMultipleOf isZero min max milliseconds toFormattedString prettyPrint Time floor
         until to Interval",
    ),
    (
        "Configuration",
        "enabled initialRate rateEstimator proportional integral derived minRate blockInterval
         blockQueueSize maxRate blockStoreTimeout receiverRestartDelay enable class
         rollingIntervalSecs maxFailures closeFileAfterWrite allowBatching batchingTimeout directory
         concurrentJobs unpersist stopGracefullyOnShutdown stopSparkContextByDefault
         gracefulStopTimeout retainedBatches deltaChainThreshold minRememberDuration jump clock
         maxRatePerPartition minRatePerPartition ms allowNonConsecutiveOffsets maxAttempts waitTime
         minExecutors maxExecutors scalingInterval scalingUpRatio scalingDownRatio",
    ),
];

/// The Markdown files of a folder, as paths in the repository.
fn pages(folder: &str) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(root(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name());
    names
        .map(|name| Path::new(folder).join(name))
        .filter(|path| path.extension().is_some_and(|it| it == "md"))
        .collect()
}

fn chapters() -> BTreeSet<PathBuf> {
    let mut chapters = pages(GUIDE);
    assert!(chapters.remove(&Path::new(GUIDE).join("SUMMARY.md")));
    assert!(chapters.len() >= 9, "{chapters:?}");
    chapters
}

/// The lines of a page that are not code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// Where the links of a page lead, without those that leave the repository.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    for line in prose(text) {
        let plain: String = line.split('`').step_by(2).collect();
        let targets = plain.split("](").skip(1);
        let targets = targets.filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()));
        links.extend(targets.filter(|target| !target.contains("://")));
    }
    links
}

/// The name by which a heading is linked to.
fn slug(heading: &str) -> String {
    let kept = heading.trim().to_lowercase().replace(' ', "-");
    kept.chars()
        .filter(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_'))
        .collect()
}

/// What is wrong with a link from a page.
fn fault(page: &Path, link: &str) -> Option<&'static str> {
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    if page.starts_with(GUIDE) && path.contains("..") {
        return Some("leaves the book");
    }
    let target = match path {
        "" => page.to_owned(),
        path => page.with_file_name(path),
    };
    if !root(&target).exists() {
        return Some("leads to no file");
    }
    let text = read(&target);
    let mut headings = prose(&text).filter(|line| line.starts_with('#'));
    let is_there = headings.any(|line| slug(line.trim_start_matches('#')) == anchor);
    (!anchor.is_empty() && !is_there).then_some("leads to no heading")
}

/// The cells of a row of a table.
fn cells(line: &str) -> Option<Vec<&str>> {
    let row = line.strip_prefix('|')?.strip_suffix('|')?;
    Some(row.split('|').map(str::trim).collect())
}

/// The rows of the tables for Spark, by their heading, without the titles of the columns.
fn rows(text: &str) -> BTreeMap<&str, Vec<Vec<&str>>> {
    let mut rows: BTreeMap<&str, Vec<Vec<&str>>> = BTreeMap::new();
    let mut heading = "";
    for line in prose(text) {
        if let Some(title) = line.strip_prefix("## ") {
            heading = title;
        } else if let Some(cells) = cells(line) {
            rows.entry(heading).or_default().push(cells);
        }
    }
    for (heading, rows) in &mut rows {
        assert!(rows.len() > 2, "the table under `{heading}` has no rows");
        rows.drain(..2);
    }
    rows
}

#[test]
fn the_summary_names_every_chapter_and_nothing_else() {
    let summary = links(&read(Path::new(GUIDE).join("SUMMARY.md")));
    let named: BTreeSet<PathBuf> = summary.iter().map(|it| Path::new(GUIDE).join(it)).collect();
    assert_eq!(named, chapters());
    assert_eq!(named.len(), summary.len(), "a chapter is named twice");
}

#[test]
fn the_code_of_every_chapter_is_run() {
    let module = read("stream-runtime/src/guide.rs");
    for chapter in chapters() {
        let path = format!("include_str!(\"../../{}\")", chapter.display());
        assert!(
            module.contains(&path),
            "add `{path}` to stream-runtime/src/guide.rs"
        );
    }
}

#[test]
fn every_link_leads_somewhere() {
    let pages = ["", "docs", GUIDE].into_iter().flat_map(pages);
    let (mut count, mut faults) = (0, Vec::new());
    for page in pages {
        for link in links(&read(&page)) {
            count += 1;
            let fault = fault(&page, &link);
            faults.extend(fault.map(|fault| format!("{}: `{link}` {fault}", page.display())));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 20, "only {count} links were found");
}

#[test]
fn no_cell_of_the_tables_for_spark_is_empty() {
    let text = read(SPARK);
    for (heading, rows) in rows(&text) {
        for row in rows {
            let is_full = row.len() == 3 && row.iter().all(|cell| !cell.is_empty());
            assert!(is_full, "`{heading}`: {row:?} has not three full cells");
        }
    }
}

#[test]
fn every_call_of_spark_has_a_row() {
    let text = read(SPARK);
    let rows = rows(&text);
    for (heading, calls) in CALLS {
        let calls_here = rows[heading].iter().map(|row| row[0]);
        let words: BTreeSet<&str> = calls_here
            .flat_map(|cell| cell.split(|letter: char| !letter.is_alphanumeric()))
            .collect();
        for call in calls.split_whitespace() {
            assert!(words.contains(call), "`{heading}` has no row for `{call}`");
        }
    }
}

#[test]
fn every_operator_is_mentioned() {
    let guide: String = chapters().iter().map(read).collect();
    for operator in operators() {
        let forms = [
            format!("`{operator}`"),
            format!("`{operator}("),
            format!(".{operator}("),
        ];
        assert!(
            forms.iter().any(|form| guide.contains(form)),
            "add `{operator}` to the table in {GUIDE}/operators.md"
        );
    }
}

//! Tasks: what is done with each of several inputs, in any order or at the same time.

/// What is done with one input.
pub(crate) type Task<'t> = Box<dyn FnOnce() + Send + 't>;

/// Makes a task of each of `inputs`, which `run` must run, all of them or fail; then gives the
/// outputs to `done`, in the order of the inputs. `work` is told the number of its input.
///
/// The tasks stand in the order opposite to that of the inputs. This is compiled for each stage of
/// each pipeline, so it does nothing but put outputs in their places, and takes vectors apart from
/// their ends, which needs a fifth of the code of an iterator by value. How tasks are run is
/// compiled once.
pub(crate) fn run<I: Send, O: Send, E>(
    mut inputs: Vec<I>,
    work: impl Fn(usize, I) -> O + Sync,
    run: &mut dyn FnMut(Vec<Task<'_>>) -> Result<(), E>,
    mut done: impl FnMut(O),
) -> Result<(), E> {
    let mut outputs: Vec<Option<O>> = Vec::with_capacity(inputs.len());
    while outputs.len() < inputs.len() {
        outputs.push(None);
    }
    let mut tasks: Vec<Task<'_>> = Vec::with_capacity(inputs.len());
    for output in &mut outputs {
        if let Some(input) = inputs.pop() {
            tasks.push(task(inputs.len(), input, &work, output));
        }
    }
    let ended = run(tasks);
    if ended.is_ok() {
        while let Some(output) = outputs.pop() {
            output.map(&mut done);
        }
    }
    ended
}

fn task<'t, I: Send + 't, O: Send + 't>(
    index: usize,
    input: I,
    work: &'t (impl Fn(usize, I) -> O + Sync),
    output: &'t mut Option<O>,
) -> Task<'t> {
    Box::new(move || *output = Some(work(index, input)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_have_the_order_of_the_inputs_whatever_that_of_the_tasks() {
        for backwards in [false, true] {
            let mut run_all = |mut tasks: Vec<Task<'_>>| {
                if backwards {
                    tasks.reverse();
                }
                tasks.into_iter().for_each(|task| task());
                Ok::<(), ()>(())
            };
            let mut outputs = Vec::new();
            let work = |index, input: &str| format!("{index}{input}");
            let inputs = vec!["a", "b", "c"];
            run(inputs, work, &mut run_all, |output| outputs.push(output)).unwrap();
            assert_eq!(outputs, ["0a", "1b", "2c"]);
        }
    }

    #[test]
    fn a_failure_gives_no_output() {
        let failed = run(vec![1, 2], |_, x| x, &mut |_| Err("no"), |_| unreachable!());
        assert_eq!(failed, Err("no"));
    }
}

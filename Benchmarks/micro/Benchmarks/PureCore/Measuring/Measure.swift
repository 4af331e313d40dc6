import Benchmark

/// Measures `operation` on each of a thousand inputs, which are made before, and the dropping of
/// what it returns.
@inline(__always)
func measure<Input, Output>(
    _ name: String,
    each inputs: @autoclosure @escaping () throws -> [Input],
    _ operation: @escaping (Input) throws -> Output
) {
    Benchmark(name) { (_, inputs: [Input]) in
        success(name) {
            for input in inputs { blackHole(try operation(input)) }
        }
    } setup: {
        success(name) { try inputs().repeated(to: Sample.count) }
    }
}

/// Measures `change` by each of a thousand inputs to the state that `prepare` makes for each pass,
/// off the clock.
@inline(__always)
func measure<State, Input>(
    _ name: String,
    each inputs: @autoclosure @escaping () throws -> [Input],
    prepare: @escaping () -> State,
    change: @escaping (inout State, Input) -> Void
) {
    Benchmark(name) { (benchmark, inputs: [Input]) in
        var state = prepare()
        benchmark.startMeasurement()
        for input in inputs { change(&state, input) }
        benchmark.stopMeasurement()
        blackHole(state)
    } setup: {
        success(name) { try inputs().repeated(to: Sample.count) }
    }
}

/// Measures the slow `operation` on one input, which is made before.
func measureAlone<Input, Output>(
    _ name: String,
    with input: @autoclosure @escaping () throws -> Input,
    _ operation: @escaping (Input) throws -> Output
) {
    Benchmark(name, configuration: .alone) { (_, input: Input) in
        success(name) { blackHole(try operation(input)) }
    } setup: {
        success(name) { try input() }
    }
}

/// The time of a loop and a black hole, which is included in all other figures.
func measureNothing() {
    measure("(a loop around nothing)", each: Array(0..<Sample.count)) { $0 }
}

extension Array {
    /// The elements over and over, `count` in all.
    fileprivate func repeated(to count: Int) -> [Element] {
        (0..<count).map { self[$0 % self.count] }
    }
}

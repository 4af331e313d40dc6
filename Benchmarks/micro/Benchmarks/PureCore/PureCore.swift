import Benchmark

/// What one decision and one packet of the pure core cost, by subject.
///
/// Names begin with the subject, because the report sorts them and `--filter 'Trie.*'` selects by
/// them.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .eachOfAThousand
    measureNothing()
    measureAddresses()
    measureTrieBuilding()
    measureTrieLookups()
    measureAccess()
    measureProxyDecoding()
    measureProxyEncoding()
    measureProxyReceiving()
    measureHTTP()
    measureMySQL()
    measureRejections()
    measureSources()
    measureDenials()
    measureTimers()
    measureBackends()
    measureReports()
}

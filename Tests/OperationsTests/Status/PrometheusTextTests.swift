import CIDRTrie
import Configurations
import Operations
import Policy
import SeededRandom
import TestInputs
import Testing
import Time
import Traffic

@Suite("The metrics page")
struct PrometheusTextTests {
    private func page(_ status: GatewayStatus) throws -> ExpositionReader {
        try ExpositionReader(PrometheusText(status).description)
    }

    @Test("Every family has a help text and a type, even without a sample")
    func families() throws {
        for status in [GatewayStatus(), .example] {
            let page = try page(status)
            #expect(page.types.count == page.helps.count)
            #expect(page.types.count == 32)
            for sample in page.samples { #expect(page.types[sample.name] != nil) }
        }
    }

    @Test(
        "Values that only grow are counters, as their names show; others are gauges"
    )
    func types() throws {
        for (name, type) in try page(.example).types {
            #expect((type == "counter") == name.hasSuffix("_total"), "\(name) is a \(type)")
        }
    }

    @Test("Each number of a gateway's status is present, under its own name")
    func gateway() throws {
        let page = try page(.example)
        #expect(page.value("sluice_build_info", ["version": "1.2.3"]) == 1)
        #expect(page.value("sluice_configuration_generation") == 4)
        #expect(page.value("sluice_draining") == 0)
        #expect(page.value("sluice_access_log_dropped_lines_total") == 3)
        #expect(page.value("sluice_accept_pauses_total") == 2)
        #expect(page.value("sluice_buffered_bytes") == 4_096)
        #expect(page.value("sluice_denials_unlogged_total") == 9)
        #expect(page.value("sluice_shard_connections", ["shard": "0"]) == 5)
        #expect(page.value("sluice_shard_connections", ["shard": "1"]) == 2)
        #expect(page.value("sluice_shard_wakeups_total", ["shard": "1"]) == 1_000)
        #expect(page.value("process_start_time_seconds") == 1_795_428_000)
    }

    @Test("Requests are counted for listeners that read them, and absent without one")
    func requests() throws {
        #expect(!PrometheusText(.example).description.contains("sluice_http_"))
        var status = GatewayStatus()
        var listener = ListenerStatus()
        (listener.warehouse, listener.address) = ("W", "0.0.0.0:8030")
        listener.http = HTTPStatus(.follow, HTTPCountsTests.sample)
        status.listeners = [listener]
        let page = try page(status)
        let labels = ["warehouse": "W", "listener": "0.0.0.0:8030"]
        func value(_ name: String, _ more: [String: String] = [:]) -> Double? {
            page.value(name, labels.merging(more) { $1 })
        }
        #expect(value("sluice_http_requests_total", ["path": "streamLoad", "status": "2xx"]) == 2)
        #expect(value("sluice_http_requests_total", ["path": "api", "status": "none"]) == 1)
        #expect(value("sluice_http_requests_total", ["path": "api", "status": "2xx"]) == nil)
        #expect(value("sluice_http_request_seconds_total") == 3.505)
        #expect(value("sluice_loads_total", ["status": "Publish Timeout"]) == 1)
        #expect(value("sluice_load_bytes_total") == 1_100)
        #expect(value("sluice_http_hop_seconds_sum") == 0.012)
        #expect(value("sluice_http_hop_seconds_count") == 4)
        #expect(value("sluice_http_redirects_total", ["result": "followed"]) == 1)
        #expect(value("sluice_http_redirects_total", ["result": "refused"]) == 1)
    }

    @Test("What is learned of redirects is shown once for each service, and absent without any")
    func redirects() throws {
        #expect(!PrometheusText(.example).description.contains("sluice_redirect_"))
        var listener = ListenerStatus()
        (listener.warehouse, listener.protocol) = ("W", .http)
        (listener.address, listener.redirectLearning) = (
            "0.0.0.0:8030", RedirectLearningStatus(listener: nil, count: 3)
        )
        var target = BackendStatus()
        (target.name, target.address) = ("be-1:8040", "10.0.0.1:8040")
        (target.activeConnections, target.connections, target.connectFailures) = (1, 5, 2)
        listener.redirectTargets = [target]
        var other = listener
        other.address = "0.0.0.0:8031"
        var own = listener
        own.address = "0.0.0.0:8032"
        own.redirectLearning = RedirectLearningStatus(listener: own.address, count: 1)
        own.redirectLearning?.failure = "no answer"
        own.redirectTargets = nil
        var status = GatewayStatus()
        status.listeners = [listener, other, own]
        let page = try page(status)
        let shared = ["warehouse": "W", "service": "http"]
        let single = ["warehouse": "W", "listener": "0.0.0.0:8032"]
        #expect(page.value("sluice_redirect_learning_up", shared) == 1)
        #expect(page.value("sluice_redirect_learning_up", single) == 0)
        #expect(page.value("sluice_redirect_targets_learned", shared) == 3)
        #expect(page.value("sluice_redirect_targets_learned", single) == 1)
        let labels = shared.merging(["backend": "be-1:8040 (10.0.0.1:8040)"]) { $1 }
        #expect(page.value("sluice_redirect_target_connections", labels) == 1)
        #expect(page.value("sluice_redirect_target_connects_total", labels) == 5)
        #expect(page.value("sluice_redirect_target_connect_failures_total", labels) == 2)
        #expect(page.samples.count { $0.name == "sluice_redirect_learning_up" } == 2)
    }

    @Test("A failed reload is visible, and so is when the last one succeeded")
    func reloads() throws {
        let name = "sluice_configuration_last_reload"
        var status = GatewayStatus.example
        #expect(try page(status).value("\(name)_successful") == 1, "none has failed yet")
        #expect(try page(status).value("\(name)_success_timestamp_seconds") == nil)
        status.lastReload = ReloadStatus(
            attemptedAt: UnixTime(seconds: 2_000),
            failure: "1 error in sluice.yaml",
            succeededAt: UnixTime(seconds: 1_000)
        )
        status.awaitingRestart = ["engine.shards", "management.listen"]
        #expect(try page(status).value("\(name)_successful") == 0)
        #expect(try page(status).value("\(name)_success_timestamp_seconds") == 1_000)
        #expect(try page(status).value("sluice_configuration_keys_awaiting_restart") == 2)
    }

    @Test("An access log that cannot be written is visible")
    func accessLog() throws {
        var status = GatewayStatus.example
        #expect(try page(status).value("sluice_access_log_failing") == 0)
        status.accessLogFailure = "No space left on device"
        #expect(try page(status).value("sluice_access_log_failing") == 1)
    }

    @Test("Each number of a listener is present, under its own name")
    func listeners() throws {
        let page = try page(.example)
        let labels = [
            "warehouse": "WH1", "listener": "0.0.0.0:9030", "protocol": "mysql", "link": "public",
        ]
        func value(_ name: String, _ label: String? = nil, _ word: String = "") -> Double? {
            page.value(name, label.map { labels.merging([$0: word]) { $1 } } ?? labels)
        }
        #expect(value("sluice_connections") == 7)
        #expect(value("sluice_connections_accepted_total") == 20)
        #expect(value("sluice_connections_admitted_total") == 15)
        #expect(value("sluice_connections_denied_total", "reason", "notInWhitelist") == 4)
        #expect(value("sluice_connections_denied_total", "reason", "deniedByRule") == 1)
        #expect(value("sluice_connections_ended_total", "end", "finished") == 8)
        #expect(value("sluice_received_bytes_total") == 1_536)
        #expect(value("sluice_sent_bytes_total") == 5_368_709_120)
        #expect(
            page.value("sluice_connections", ["listener": "[::]:8080", "link": "private"]) == 0
        )
    }

    @Test("Each number of a backend is present; one that is not healthy is not up")
    func backends() throws {
        let page = try page(.example)
        let healthy = ["listener": "0.0.0.0:9030", "backend": "10.0.0.5:9030"]
        #expect(page.value("sluice_backend_up", healthy) == 1)
        #expect(page.value("sluice_backend_connections", healthy) == 7)
        #expect(page.value("sluice_backend_connects_total", healthy) == 15)
        let named = ["backend": "fe-2:9030 (10.0.0.6:9030)"]
        #expect(page.value("sluice_backend_up", named) == 0)
        #expect(page.value("sluice_backend_connect_failures_total", named) == 3)
        #expect(page.value("sluice_backend_up", ["backend": "be-1:8040"]) == 0)
    }

    @Test("A backend that was not checked yet is neither up nor down")
    func notChecked() throws {
        var status = GatewayStatus.example
        status.listeners[0].backends[0].health = .notChecked
        let page = try page(status)
        let labels = ["listener": "0.0.0.0:9030", "backend": "10.0.0.5:9030"]
        #expect(page.value("sluice_backend_up", labels) == nil)
        #expect(page.value("sluice_backend_connections", labels) == 7)
    }

    @Test("A name that resolves to two addresses is two backends")
    func addresses() throws {
        var status = GatewayStatus.example
        status.listeners[0].backends = ["10.0.0.1:9030", "10.0.0.2:9030"].map { address in
            var backend = BackendStatus()
            (backend.name, backend.address) = ("fe:9030", address)
            return backend
        }
        #expect(try page(status).samples.count { $0.name == "sluice_backend_up" } == 3)
    }

    @Test("Draining is visible")
    func draining() throws {
        var status = GatewayStatus()
        status.phase = .draining
        #expect(try page(status).value("sluice_draining") == 1)
    }

    @Test("The process' resource usage is omitted if it is not known")
    func process() throws {
        var usage = PrometheusText.ProcessUsage()
        usage.processorSeconds = 0.000_01
        usage.residentByteCount = 1 << 20
        usage.openDescriptorCount = 12
        usage.descriptorLimit = 1_024
        let page = try ExpositionReader(PrometheusText(.example, process: usage).description)
        #expect(page.value("process_cpu_seconds_total") == 0.000_01)
        #expect(page.value("process_resident_memory_bytes") == 1_048_576)
        #expect(page.value("process_open_fds") == 12)
        #expect(page.value("process_max_fds") == 1_024)
        #expect(try self.page(.example).value("process_open_fds") == nil)
    }

    @Test(
        "No text breaks a line or a label, and each is read back",
        arguments: SeededGenerator.seeds
    )
    func hostile(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            var status = GatewayStatus.example
            let (version, name) = (generator.hostileText(), generator.hostileText())
            status.version = version
            status.listeners[1].backends[0].name = name
            let page = try page(status)
            #expect(page.value("sluice_build_info", ["version": version]) == 1, "seed \(seed)")
            #expect(page.value("sluice_backend_up", ["backend": name]) == 0, "seed \(seed)")
        }
    }
}

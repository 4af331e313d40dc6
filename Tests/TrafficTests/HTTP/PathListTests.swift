import SeededRandom
import Testing
import Traffic

@Suite("Denied paths")
struct PathListTests {
    private static let list = PathList([
        "/metrics", "/api/colocate", "/api/*/compaction", "/api/snapshot$", "/api/meta/header/*",
    ])

    @Test(
        "A path under a listed prefix is denied",
        arguments: [
            "/metrics", "/metrics/", "/metrics/memory", "/metrics?type=json", "/metrics#x",
            "/METRICS", "/Api/CoLocate/group_stable", "/api/colocate?db_id=1&group_id=2",
            "/api/sales/compaction", "/api/sales/compaction/run", "/api/snapshot",
            "/api/snapshot/", "/api/snapshot?tablet_id=1", "/api/meta/header/10005",
            "http://fe-1:8030/metrics", "HTTP://fe-1/api/colocate",
        ]
    )
    func listed(target: String) { #expect(Self.list.contains(target)) }

    @Test(
        "Another path is not, even if it begins with the same letters",
        arguments: [
            "/", "/metricsx", "/api/colocated", "/api/compaction", "/api", "/api/", "", "*",
            "/api/snapshot/orders/_stream_load", "/api/meta/namespaces/default/databases",
            "/api/meta/header", "/static/metrics", "/rest/v1/metrics", "/?path=/metrics",
            "/static/x.js?next=/../metrics", "/api/query/default/sales#x",
            "/api/a%20b/orders/_stream_load", "/api/umsatz%C3%A4/orders/_stream_load",
            "/api/umsatzä/orders/_stream_load", "/api/100%25/orders/_stream_load",
            "/.well-known/metrics", "/static/a;v=1/b.js", "//api/sales/orders/_stream_load",
            "http://metrics:8030/static/index.html", "http://fe-1:8030", "/rest/v1/..",
            "/api/sales/a%2Fb/_stream_load",
        ]
    )
    func others(target: String) { #expect(!Self.list.contains(target)) }

    @Test(
        "No spelling leads around the list",
        arguments: [
            // Escapes, once and several times.
            "/%6detrics", "/m%65t%72ics", "/%6D%45TRICS", "/%256detrics", "/%25256detrics",
            "/%2525256detrics", "/api%2fcolocate", "/api%2Fcolocate", "/api%252fcolocate",
            "/api/sales%2fcompaction", "%2fmetrics", "/%2fmetrics", "/metrics%2f", "/metrics%00",
            "/metrics%0a", "/metrics%3b", "/metrics%3fx=1", "/metrics%23x", "/static#/../metrics",
            // Empty segments, dots.
            "//metrics", "///metrics", "/./metrics", "/static/../metrics", "/x/y/../../metrics",
            "/api/./colocate", "/api//colocate", "/api/x/../colocate", "/../metrics",
            "/static/..%2fmetrics", "/static/%2e%2e/metrics", "/static/%2e./metrics",
            "/static/.%2e/metrics", "/static/%252e%252e/metrics", "/%2e/metrics",
            "/x%2fy/../%6detrics", "/a//../metrics", "/metrics/../static", "/metrics/.",
            "/api/sales/../sales/compaction",
            // Backslashes.
            "\\metrics", "/\\metrics", "/api\\colocate", "/static/..\\metrics",
            "/static%5c..%5cmetrics", "/api/x\\..\\colocate",
            // Parameters, which Jetty removes from each segment.
            "/metrics;", "/metrics;jsessionid=1", "/;/metrics", "/;x=y/metrics",
            "/api;v=1/colocate",
            "/api/;/colocate", "/static/..;/metrics", "/static/..;x/metrics", "/api/snapshot;/x",
            "/static/%2e%2e%3b/metrics",
            // Forms of a target: libevent takes what follows `//` for an authority.
            "//fe-1:8030/metrics", "//fe-1/api/colocate", "http:/metrics", "http:metrics",
            "http:///metrics", "http://fe-1//metrics", "http://fe-1\\metrics", "metrics",
            "ftp://user@fe-1:8030/metrics", "http://fe-1/static/../metrics",
            // Escapes that are none, overlong UTF-8, control characters.
            "/metrics%", "/%zzmetrics", "/metrics%2", "/%u006detrics", "/%c1%adetrics",
            "/static%c0%ae%c0%ae/metrics", "/%e0%81%adetrics", "/%f0%80%81%adetrics",
            "/metrics\u{0}", "/metrics\t", "/met\u{1}rics", "/metrics\u{7f}",
        ]
    )
    func attacks(target: String) { #expect(Self.list.contains(target)) }

    @Test("An empty list denies nothing, and / everything")
    func extremes() {
        for target in ["/", "/metrics", "/%zz", "*", "", "http://fe-1"] {
            #expect(!PathList().contains(target))
            #expect(PathList(["/"]).contains(target))
        }
        #expect(PathList(["/$"]).contains("/?x") && !PathList(["/$"]).contains("/x"))
    }

    @Test("* is one segment, and not a part of one")
    func star() {
        let list = PathList(["/api/*/x", "/a*b", "/last/*"])
        for target in ["/api/1/x", "/api/long-one/x/y", "/a*b", "/last/1/2"] {
            #expect(list.contains(target))
        }
        for target in ["/api/x", "/api/1/2/x", "/aab", "/last", "/last/"] {
            #expect(!list.contains(target))
        }
    }

    @Test("An odd target is not compared without end")
    func longTargets() {
        #expect(Self.list.contains("/" + String(repeating: "/a", count: 32_000)))
        #expect(!Self.list.contains("/" + String(repeating: "/a", count: 64)))
        #expect(!Self.list.contains(String(repeating: "/a", count: 32_000)))
    }

    @Test("A changed list is what counts")
    func changes() {
        var list = PathList(["/a"])
        list.prefixes.append("/b")
        #expect(list.contains("/b"))
        list.prefixes = []
        #expect(!list.contains("/a") && list == PathList())
    }

    @Test("However a denied path is disguised, it is denied")
    func disguises() {
        var random = SeededGenerator(seed: 20)
        for _ in 0..<20_000 {
            let target = Self.disguise("/api/colocate", by: &random)
            #expect(Self.list.contains(target), "\(target)")
        }
    }

    /// Adds what some server removes, and escapes some of it.
    private static func disguise(_ path: String, by random: inout SeededGenerator) -> String {
        var text = ""
        for byte in path.utf8 {
            if byte == UInt8(ascii: "/") {
                let additions = ["", "/.", "/x/..", "/", ";a=b", "/x/y/../..", "/%2e", "/z/%2e%2e"]
                text += additions.randomElement(using: &random) ?? ""
            }
            let scalar = String(UnicodeScalar(byte))
            let number = String(byte, radix: 16)
            let spellings = [scalar, scalar, scalar.uppercased(), "%\(number)", "%25\(number)"]
            text += spellings.randomElement(using: &random) ?? scalar
        }
        return text + (["", "/", ";x", "?y", "/z"].randomElement(using: &random) ?? "")
    }
}

@Suite("The internals of front ends and back ends")
struct PathInternalsTests {
    @Test(
        "They are denied",
        arguments: [
            "/api/colocate/group_stable?db_id=1&group_id=2", "/api/_set_config?x=1",
            "/image?version=1",
            "/info", "/put?version=1&port=2", "/journal_id", "/role?host=x", "/check", "/dump",
            "/api/debug_point/add/x", "/api/stop", "/api/query_dump?db=x", "/api/_stop_be",
            "/api/compaction/run?tablet_id=1", "/api/update_config?a=b", "/api/be_version_info",
            "/api/snapshot?tablet_id=1", "/api/_tablet/_download?file=/etc/passwd", "/pprof/heap",
            "/api/meta/header/1", "/metrics", "/varz", "/memz", "/mem_tracker", "/api/shrink_mem",
            "/api/check_rpc_channel/10.0.0.1/9/1", "/api/get_small_file?token=x", "/tablets_json",
            "/api/sales/orders/_stream_load_forward?forward_to=169.254.169.254:80",
        ]
    )
    func denied(target: String) { #expect(PathList.internals.contains(target)) }

    @Test(
        "Loads, queries, connectors and the web UI go on working",
        arguments: [
            "/", "/index.html", "/static/main.js", "/login", "/home", "/System?path=/",
            "/favicon.ico",
            "/rest/v1/login", "/rest/v1/logout", "/rest/v1/system?path=//backends", "/rest/v1/log",
            "/rest/v1/config/fe", "/rest/v1/query_profile/1", "/rest/v2/manager/node/frontends",
            "/rest/v2/manager/query/query_info", "/rest/v2/api/cluster_overview", "/api/bootstrap",
            "/api/health", "/api/backends?is_alive=true", "/api/query/default_cluster/sales",
            "/api/query_schema/internal/sales", "/api/connection?connection_id=1",
            "/api/meta/namespaces/default_cluster/databases", "/api/sales/orders/_stream_load",
            "/api/sales/_stream_load_2pc", "/api/sales/orders/_stream_load_2pc",
            "/api/_http_stream",
            "/api/sales/orders/_load", "/api/transaction/begin", "/api/transaction/load",
            "/api/sales/orders/_schema", "/api/sales/orders/_count",
            "/api/sales/orders/_query_plan",
            "/api/sales/_load_info?label=x", "/api/sales/get_load_state?label=x",
            "/api/_load_error_log?file=error_log_1", "/api/v1/catalogs/default_catalog/sql",
            "/api/v1/catalogs/default_catalog/databases/sales/sql", "/backend", "/query",
            "/session",
            // Databases and tables with the names of internals.
            "/api/report/task/_stream_load", "/api/snapshot/metrics/_stream_load",
            "/api/compaction/run/_stream_load", "/api/stop/_stream_load_2pc",
            "/api/metrics/cpu/_stream_load", "/api/colocate/bucketseq/_stream_load",
        ]
    )
    func passed(target: String) { #expect(!PathList.internals.contains(target)) }

    @Test("Each is written as a configuration could have it, once")
    func form() {
        let prefixes = PathList.internals.prefixes
        #expect(Set(prefixes).count == prefixes.count)
        #expect(
            prefixes.allSatisfy { $0.hasPrefix("/") && !$0.contains("?") && !$0.contains("//") }
        )
    }
}

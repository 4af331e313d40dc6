import Operations
import Testing

@Suite("Connection examples")
struct ConnectionExamplesTests {
    let examples = ConnectionExamples(host: "127.0.0.1", user: "demo", database: "tpch")

    @Test("Each client's example names host, port, user and database as that client wants them")
    func forms() {
        #expect(examples.mysqlCommand(port: 9030) == "mysql -h 127.0.0.1 -P 9030 -u demo tpch")
        #expect(examples.jdbcURL(port: 9030) == "jdbc:mysql://127.0.0.1:9030/tpch?user=demo")
        #expect(examples.httpURL(port: 8080) == "http://127.0.0.1:8080/")
        #expect(
            examples.streamLoadCommand(port: 8080, table: "t", file: "rows.csv")
                == "curl --location-trusted -u demo: -H Expect:100-continue -T rows.csv "
                + "http://127.0.0.1:8080/api/tpch/t/_stream_load"
        )
    }

    @Test("Without a database the examples have none")
    func withoutDatabase() {
        let examples = ConnectionExamples(host: "w.example", user: "demo")
        #expect(examples.mysqlCommand(port: 1) == "mysql -h w.example -P 1 -u demo")
        #expect(examples.jdbcURL(port: 1) == "jdbc:mysql://w.example:1/?user=demo")
    }

    @Test("An IPv6 address is in brackets only if a port follows it")
    func ipv6() {
        let examples = ConnectionExamples(host: "::1", user: "demo")
        #expect(examples.mysqlCommand(port: 9030) == "mysql -h ::1 -P 9030 -u demo")
        #expect(examples.jdbcURL(port: 9030).hasPrefix("jdbc:mysql://[::1]:9030/"))
        #expect(examples.httpURL(port: 8080) == "http://[::1]:8080/")
    }

    @Test("No name can break out of its word or its part of a URL")
    func quoting() {
        let examples = ConnectionExamples(host: "w", user: "o'neil; rm", database: "a b&c/ü")
        #expect(
            examples.mysqlCommand(port: 1) == #"mysql -h w -P 1 -u 'o'\''neil; rm' 'a b&c/ü'"#
        )
        #expect(
            examples.jdbcURL(port: 1)
                == "jdbc:mysql://w:1/a%20b%26c%2F%C3%BC?user=o%27neil%3B%20rm"
        )
    }
}

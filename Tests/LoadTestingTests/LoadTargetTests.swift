import Testing

@testable import LoadTesting

@Suite struct LoadTargetTests {
    @Test(arguments: [
        ("10.0.0.5:8030", "10.0.0.5:8030", nil, nil, nil),
        ("[2001:db8::1]:9030", "[2001:db8::1]:9030", nil, nil, nil),
        ("db.internal.:9030", "db.internal.:9030", nil, nil, nil),
        (
            "http://127.0.0.1:8080/a/b?c=d&e=http://f#g", "127.0.0.1:8080", "/a/b?c=d&e=http://f",
            nil, nil
        ),
        ("HTTP://db.internal", "db.internal:80", nil, nil, nil),
        ("http://[::1]/", "[::1]:80", "/", nil, nil),
        ("http://db:8030?x=1", "db:8030", "/?x=1", nil, nil),
        ("mysql://ada@10.0.0.5:9030/tpch", "10.0.0.5:9030", nil, "ada", "tpch"),
        ("mysql://ada%40b@db/a%2Fb", "db:3306", nil, "ada@b", "a/b"),
        ("mysql://db:9030/", "db:9030", nil, nil, nil),
        ("tcp://db:7/", "db:7", nil, nil, nil),
    ])
    func readsAddressesAndURLs(
        text: String,
        address: String,
        path: String?,
        user: String?,
        database: String?
    ) throws {
        let target = try LoadTarget(parsing: text)
        #expect("\(target.address)" == address)
        #expect(target.path == path)
        #expect(target.user == user)
        #expect(target.database == database)
    }

    @Test(arguments: [
        ("http://db", "db"), ("http://db:80", "db:80"), ("http://[::1]/x", "[::1]"),
        ("db:8030", "db:8030"), ("http://db.internal./x", "db.internal"),
        ("db.internal.:8030", "db.internal:8030"), ("http://10.0.0.5:80", "10.0.0.5:80"),
    ])
    func namesTheHostAsItWasWritten(text: String, host: String) throws {
        #expect(try LoadTarget(parsing: text).host == host)
    }

    @Test(arguments: [
        ("", "expected host:port, or a URL"),
        ("10.0.0.5", "missing port"),
        ("10.0.0.5:", "missing port"),
        ("10.0.0.5:0", "invalid port \"0\""),
        ("10.0.0.5:99999", "(expected 1 to 65535)"),
        ("tcp://db", "missing port"),
        ("2001:db8::1:80", "expected host:port, or a URL"),
        ("10.0.0.256:80", "expected host:port, or a URL"),
        ("a b:80", "expected host:port, or a URL"),
        ("https://db", "HTTPS is not supported"),
        ("ftp://db", "unknown scheme \"ftp\" (use http://, mysql://, tcp:// or host:port)"),
        ("http://ada@db/", "use --header 'Authorization: …'"),
        ("mysql://ada:secret@db/", "use --password-file or MYSQL_PWD"),
        ("mysql://db/x?ssl=1", "use the command's own options"),
        ("mysql://a%4@db/", "expected two hex digits after %"),
        ("tcp://db:1/x", "a tcp URL cannot have a path"),
    ])
    func saysWhatIsWrongAndWhatIsExpected(text: String, words: String) {
        do throws(LoadTargetError) {
            _ = try LoadTarget(parsing: text)
            Issue.record("accepted: \(text)")
        } catch {
            #expect(error.description.contains(words), "\(error)")
            #expect(!error.description.contains("secret"))
        }
    }
}

@Suite struct RecordedCommandTests {
    @Test func canBePastedIntoAShell() {
        let arguments = ["bench", "mysql", "--query", "SELECT 'a'", "db:9030", "", "--user=ada"]
        #expect(
            RecordedCommand(arguments).text
                == #"sluice bench mysql --query 'SELECT '\''a'\''' db:9030 '' --user=ada"#
        )
    }

    @Test func holdsNoCredentials() {
        let arguments = ["--header", "Authorization: Bearer abc", "--header=X-Key: abc", "db:1"]
        #expect(
            RecordedCommand(arguments).text
                == "sluice --header 'Authorization: …' --header='X-Key: …' db:1"
        )
    }
}

import Addresses
import Testing

@testable import Control

@Suite("Management addresses as users write them")
struct ManagementAddressTests {
    @Test(
        "A host and a port",
        arguments: [
            "127.0.0.1:7080", "[::1]:7080", "localhost:1", "gw-1.example_x:65535",
            "https://127.0.0.1:7080", "http://gw:1",
        ]
    )
    func valid(text: String) throws {
        #expect(try ManagementAddress(parsing: text).text == text)
    }

    @Test(
        "If a part is missing or extra, the closest address is suggested",
        arguments: [
            ("7080", "127.0.0.1:7080"), (":7081", "127.0.0.1:7081"), ("10.0.0.1", "10.0.0.1:7080"),
            ("::1", "[::1]:7080"), ("localhost", "localhost:7080"),
            ("http://10.0.0.1:7081/", "http://10.0.0.1:7081"),
            ("https://gw:1/v1/status", "https://gw:1"), ("http://gw/metrics", "http://gw:7080"),
            ("gw:", "gw:7080"),
        ]
    )
    func suggestion(text: String, expected: String) {
        let error = #expect(throws: ManagementAddressError.self) {
            try ManagementAddress(parsing: text)
        }
        #expect(error?.suggestion == expected)
        #expect(error?.description.contains("did you mean \(expected)?") == true)
    }

    @Test(
        "Anything else is rejected with an example",
        arguments: ["", "a b:1", "127.0.0.1:port", "127.0.0.1:0", "127.0.0.1:65536", "a:1:2", "/"]
    )
    func invalid(text: String) {
        let error = #expect(throws: ManagementAddressError.self) {
            try ManagementAddress(parsing: text)
        }
        #expect(error?.suggestion == nil)
        #expect(error?.description.contains("127.0.0.1:7080") == true)
    }

    @Test(
        "A gateway that listens on all addresses is reached over loopback",
        arguments: [
            ("0.0.0.0:7081", "127.0.0.1:7081"), ("[::]:7081", "[::1]:7081"),
            ("10.0.0.1:7081", "10.0.0.1:7081"),
        ]
    )
    func listening(address: String, expected: String) throws {
        let address = try SocketAddress(parsing: address)
        #expect(ManagementAddress(listening: address).text == expected)
    }

    @Test(
        "Without a scheme, other machines are reached by TLS and this one is not",
        arguments: [
            ("127.0.0.1:7080", "http://127.0.0.1:7080"), ("[::1]:7080", "http://[::1]:7080"),
            ("localhost:7080", "http://localhost:7080"), ("10.0.0.1:7080", "https://10.0.0.1:7080"),
            ("gw.internal:7080", "https://gw.internal:7080"),
            ("https://127.0.0.1:7080", "https://127.0.0.1:7080"),
            ("HTTPS://localhost:7080", "https://localhost:7080"),
            ("http://10.0.0.1:7080", "http://10.0.0.1:7080"),
        ]
    )
    func url(text: String, expected: String) throws {
        let address = try ManagementAddress(parsing: text)
        #expect(address.url == expected)
        #expect(address.usesTLS == expected.hasPrefix("https:"))
    }

    @Test("A gateway's own address says how it is reached if that is not the default")
    func listeningWithTLS() throws {
        let (loopback, any) = (
            try SocketAddress(parsing: "127.0.0.1:7080"), try SocketAddress(parsing: "0.0.0.0:7080")
        )
        #expect(ManagementAddress(listening: loopback, usesTLS: false).text == "127.0.0.1:7080")
        #expect(ManagementAddress(listening: any, usesTLS: true).text == "https://127.0.0.1:7080")
    }
}

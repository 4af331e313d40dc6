import Testing

extension IntegrationTests {
    /// Memory of policies that are no longer in force.
    @Suite("Memory")
    struct MemoryTests {
        @Test(
            "After many reloads of a long list, memory is about the same as after the first"
        )
        func reloads() throws {
            let folder = try TemporaryFolder()
            let echo = try ThreadedServer.echo()
            let file = GatewayFile(
                try ListenerFile("tcp", to: echo.endpoint),
                whitelist: "{ mode: specific, files: [ \"\(folder.path)/list.cidrs\" ] }"
            )
            try writeList(in: folder)
            let sluice = try SluiceProcess(file)
            let first = try settledByteCount(of: sluice)
            for _ in 0..<6 { try sluice.reload(to: file) }
            // Without giving memory back it is three times as much.
            let limit = first * 3 / 2
            try wait(for: "less than \(limit) bytes; first it was \(first)") {
                try sluice.anonymousByteCount() < limit
            }
        }

        /// 60,000 networks, as text.
        private func writeList(in folder: TemporaryFolder) throws {
            let networks = (0..<60_000).map {
                "11.\($0 >> 9).\($0 >> 1 & 255).\(($0 & 1) * 128)/25"
            }
            try folder.write(networks.joined(separator: "\n") + "\n", to: "list.cidrs")
        }

        /// The smallest of some time: what the start has left behind is given back in a moment.
        private func settledByteCount(of sluice: SluiceProcess) throws -> Int {
            var least = try sluice.anonymousByteCount()
            for _ in 0..<20 {
                pause(.milliseconds(100))
                least = min(least, try sluice.anonymousByteCount())
            }
            return least
        }
    }
}

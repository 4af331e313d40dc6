extension ChildProcess {
    /// Waits until the program accepts connections, without opening one: its backend must not
    /// see a connection that no test made.
    func waitUntilListening(at endpoint: Endpoint) throws {
        try wait(for: "a listener at \(endpoint); \(output)\(errorOutput)") {
            guard isRunning else { throw HarnessError("it ended: \(output)\(errorOutput)") }
            return (try? Acceptor(at: endpoint)) == nil
        }
    }
}

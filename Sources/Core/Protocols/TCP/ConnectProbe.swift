/// The connect itself is the check.
struct ConnectProbe: HealthProbe {
    var opening: HealthProbeStep { .healthy(farewell: []) }
    mutating func receive(_ bytes: some Collection<UInt8>) -> HealthProbeStep { opening }
    func receiveEndOfStream() -> HealthProbeStep { opening }
}

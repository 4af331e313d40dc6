import Traffic

func measureBackends() {
    measureSelection("the least loaded of 3 is picked", loads: [7, 3, 5])
    measureSelection("the one in turn of 16 is picked", loads: Array(repeating: 1, count: 16))
    measureSelection("the one that is up of 3 is picked", loads: [nil, 3, nil])
    measure("Backends: a connect succeeds with one that is healthy", each: [Int64(0)]) {
        BackendHealth(rise: 2, fall: 3)
    } change: { health, now in
        require(health.handle(.connected, at: now) == nil, "the health changed")
        require(health.isUsable(at: now), "the backend is out")
    }
}

private func measureSelection(_ sentence: String, loads: [Int?]) {
    measure("Backends: \(sentence)", each: Array(0..<UInt64(Sample.count))) { rotation in
        BackendSelector.select(from: loads.count, rotation: rotation) { position in
            loads[position].map { BackendSelector.Candidate(load: $0) }
        }
    }
}

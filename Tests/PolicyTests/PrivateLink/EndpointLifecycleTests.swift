import Policy
import Testing

@Suite("What can become of an endpoint")
struct EndpointLifecycleTests {
    /// Every legal step there is; all others are errors.
    private static let steps: [(Endpoint.State, EndpointAction, Endpoint.State)] = [
        (.pendingAcceptance, .accept, .pending),
        (.pendingAcceptance, .reject, .rejected),
        (.pendingAcceptance, .expire, .expired),
        (.pendingAcceptance, .fail, .failed),
        (.pendingAcceptance, .delete, .deleting),
        (.pending, .establish, .available),
        (.pending, .reject, .rejected),
        (.pending, .fail, .failed),
        (.pending, .delete, .deleting),
        (.available, .reject, .rejected),
        (.available, .fail, .failed),
        (.available, .delete, .deleting),
        (.rejected, .accept, .pending),
        (.rejected, .delete, .deleting),
        (.expired, .delete, .deleting),
        (.failed, .delete, .deleting),
        (.deleting, .complete, .deleted),
    ]

    @Test("Each state and action leads where it should, or is an error")
    func everyStep() {
        for state in Endpoint.State.allCases {
            for action in EndpointAction.allCases {
                let expected = Self.steps.first { $0.0 == state && $0.1 == action }?.2
                let found = try? state.after(action)
                #expect(found == expected, "\(state) \(action)")
                #expect(state.legalActions.contains(action) == (expected != nil))
            }
        }
    }

    @Test("An illegal step says what would be legal")
    func illegal() {
        let accepting = #expect(throws: IllegalTransition.self) {
            try Endpoint.State.failed.after(.accept)
        }
        #expect(
            accepting?.description
                == "cannot accept an endpoint that is failed (possible: delete)"
        )
        let reviving = #expect(throws: IllegalTransition.self) {
            try Endpoint.State.deleted.after(.accept)
        }
        #expect(reviving?.description.hasSuffix("(possible: nothing)") == true)
    }

    @Test("What is deleted never comes back, and only deleting leads there")
    func deleted() {
        #expect(Endpoint.State.deleted.laterStates == [])
        #expect(Endpoint.State.deleting.laterStates == [.deleted])
        for state in Endpoint.State.allCases where state != .deleted && state != .deleting {
            #expect(state.laterStates.isSuperset(of: [.deleting, .deleted]), "\(state)")
        }
    }

    @Test("Only what is or was up for acceptance can become available")
    func available() {
        let can = Endpoint.State.allCases.filter { $0.laterStates.contains(.available) }
        #expect(Set(can) == [.pendingAcceptance, .pending, .rejected, .available])
    }
}

@Suite("The clouds' words for an endpoint's state")
struct EndpointStateWordTests {
    @Test("Every state's word of a cloud is read as a state with the same word")
    func roundTrip() {
        for cloud in Cloud.allCases {
            for state in Endpoint.State.allCases {
                let word = state.word(of: cloud)
                for written in [word, word.lowercased(), word.uppercased()] {
                    let read = Endpoint.State(word: written, of: cloud)
                    #expect(read?.word(of: cloud) == word, "\(cloud) \(written)")
                }
            }
        }
    }

    @Test("Azure's words are Azure's only, and nonsense is no state")
    func foreign() {
        #expect(Endpoint.State(word: "Approved", of: .azure) == .available)
        #expect(Endpoint.State(word: "Approved", of: .aws) == nil)
        #expect(Endpoint.State(word: "Available", of: .azure) == .available)
        #expect(Endpoint.State(word: "", of: .azure) == nil)
    }

    @Test("An endpoint that Azure calls approved passes only where it is available")
    func approved() {
        let approved = Endpoint.State.allCases.filter { $0.azureWord == "Approved" }
        #expect(Set(approved) == [.pending, .available])
    }
}

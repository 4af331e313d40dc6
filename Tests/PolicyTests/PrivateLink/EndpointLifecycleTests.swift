import Policy
import Testing

@Suite("The lifecycle of an endpoint")
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

    @Test("The error of an illegal transition lists the legal ones")
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

    @Test("A deleted endpoint never returns, and only a deleting one becomes deleted")
    func deleted() {
        #expect(Endpoint.State.deleted.laterStates == [])
        #expect(Endpoint.State.deleting.laterStates == [.deleted])
        for state in Endpoint.State.allCases where state != .deleted && state != .deleting {
            #expect(state.laterStates.isSuperset(of: [.deleting, .deleted]), "\(state)")
        }
    }

    @Test("Only an endpoint that was pending acceptance can become available")
    func available() {
        let can = Endpoint.State.allCases.filter { $0.laterStates.contains(.available) }
        #expect(Set(can) == [.pendingAcceptance, .pending, .rejected, .available])
    }
}

@Suite("The clouds' terms for an endpoint's state")
struct EndpointStateWordTests {
    @Test("Every term of a cloud is read as a state with the same term")
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

    @Test("Azure's terms are only valid for Azure, and nonsense is not a state")
    func foreign() {
        #expect(Endpoint.State(word: "Approved", of: .azure) == .available)
        #expect(Endpoint.State(word: "Approved", of: .aws) == nil)
        #expect(Endpoint.State(word: "Available", of: .azure) == .available)
        #expect(Endpoint.State(word: "", of: .azure) == nil)
    }

    @Test("An endpoint that Azure calls approved is only admitted if it is available")
    func approved() {
        let approved = Endpoint.State.allCases.filter { $0.azureWord == "Approved" }
        #expect(Set(approved) == [.pending, .available])
    }
}

"""Tables of bad input: a function makes the request, its decorator says what
it must get.  Afterwards the same client must be served as if nothing were."""
CLIENTS = {}


def client_of(world):
    """One registered client for all rows of a module."""
    if world not in CLIENTS:
        CLIENTS[world] = world.client()
    return CLIENTS[world]


def refused(kind, status, says=None, fresh=False):
    """`says`: words the detail has, so that a person can act on it."""
    def decorate(function):
        def test(world):
            c = world.client() if fresh else client_of(world)
            r = function(c, world) if function.__code__.co_argcount == 2 else function(c)
            assert r.status == status, f"wanted {kind}/{status}: {r}"
            assert r.type == kind, f"wanted {kind}/{status}: {r}"
            if says:
                assert says.lower() in r.json["detail"].lower(), f"detail lacks {says!r}: {r}"
            if not fresh:
                c.ok(c.kid)
        return named(test, function)
    return decorate


def accepted(status):
    """A row that looks odd and is right all the same."""
    def decorate(function):
        def test(world):
            r = function(client_of(world))
            assert r.status == status, r
        return named(test, function)
    return decorate


def named(test, function):
    test.__name__ = function.__name__
    return test

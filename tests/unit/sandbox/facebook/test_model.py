from dataclasses import replace

from sandbox.facebook.world import World

PAGE_ID = "371000000000001"
POST = f"{PAGE_ID}_1"


def test_nothing_of_anybody_stands_in_a_repr(world: World) -> None:
    things = [*world.comments(POST), *world.posts.values(), *world.tokens.values(), *world.apps.values()]
    things += [world.comments(POST)[0].author, replace(world.posts[POST], visitor=world.comments(POST)[0].author)]
    assert not [word for word in ("qoraal", "Qof", "701", "Su'aal", "-token", "secret") if word in repr(things)]

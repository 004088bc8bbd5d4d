"""A forked child has no live Global: using the parent's raises at once; it can have its own."""

from script import programs

PROGRAMS = programs(__file__)


def test_a_child_cannot_use_the_parents_global_and_harms_it_not(serve, call):
    serve()
    call(PROGRAMS / "a_child_cannot_use_the_parents_global_and_harms_it_not.py")


def test_in_a_child_every_use_of_the_parents_global_raises_at_once(serve, call):
    serve()
    call(PROGRAMS / "in_a_child_every_use_of_the_parents_global_raises_at_once.py")


def test_a_child_offers_the_callbacks_of_its_parent_with_its_own(serve, call):
    serve("""
        from place import meet, stay
        from daffi import FG, callback

        @callback
        def ask(node):
            return g.call.who().fg(node=node)

        g = meet(process_name="provider")
        stay(g)
    """)
    call(PROGRAMS / "a_child_offers_the_callbacks_of_its_parent_with_its_own.py")


def test_a_child_can_have_its_own(serve, call):
    serve()
    call(PROGRAMS / "a_child_can_have_its_own.py")


def test_a_pool_of_forked_workers_works(serve, call):
    serve()
    call("""
        import multiprocessing, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads
        assert (g.call.add(1, 2) & FG) == 3
        with multiprocessing.get_context("fork").Pool(2) as pool:
            assert pool.map(abs, [-1, -2, -3]) == [1, 2, 3]
        assert (g.call.add(3, 4) & FG) == 7
        g.stop()
    """)


def test_a_child_ends_at_once_whatever_threads_of_its_parent_were_doing(serve, call):
    # It waited for ever for a lock that a thread of its parent held, or two seconds for threads that it does not have.
    serve()
    call(PROGRAMS / "a_child_ends_at_once_whatever_threads_of_its_parent_were_doing.py")


def test_in_a_child_what_was_under_way_says_whose_it_is(serve, call):
    serve(PROGRAMS / "in_a_child_what_was_under_way_says_whose_it_is_provider.py")
    call(PROGRAMS / "in_a_child_what_was_under_way_says_whose_it_is.py")


def test_a_child_that_is_forked_by_an_argument_makes_no_call(serve, call):
    # The look whether this is the process that made the Global came before the arguments were taken, and none after.
    serve()
    call(PROGRAMS / "a_child_that_is_forked_by_an_argument_makes_no_call.py")

"""Has data and no functions: others send theirs."""

from daffi import Global

if __name__ == "__main__":
    with Global(init_controller=True, process_name="host") as g:
        g.join()  # until Ctrl+C

// What every function makes of descriptors that are none, of pointers out of memory, and of flags that do not exist.

#include "raw.h"

enum { outside = 0xfffffff0u, buffer_size = 256 };
static uint8_t buffer[buffer_size];

static void no_descriptor(uint32_t fd)
{
    const __wasi_ciovec_t vector = {buffer, 1};
    const address result = at(buffer) + 128, v = at(&vector);
    EXPECT(BADF, raw_fd_advise(fd, 0, 0, 0));
    EXPECT(BADF, raw_fd_allocate(fd, 0, 1));
    EXPECT(BADF, raw_fd_close(fd));
    EXPECT(BADF, raw_fd_datasync(fd));
    EXPECT(BADF, raw_fd_fdstat_get(fd, result));
    EXPECT(BADF, raw_fd_fdstat_set_flags(fd, 0));
    EXPECT(BADF, raw_fd_fdstat_set_rights(fd, 0, 0));
    EXPECT(BADF, raw_fd_filestat_get(fd, result));
    EXPECT(BADF, raw_fd_filestat_set_size(fd, 0));
    EXPECT(BADF, raw_fd_filestat_set_times(fd, 0, 0, 0));
    EXPECT(BADF, raw_fd_pread(fd, v, 1, 0, result));
    EXPECT(BADF, raw_fd_prestat_get(fd, result));
    EXPECT(BADF, raw_fd_prestat_dir_name(fd, at(buffer), buffer_size));
    EXPECT(BADF, raw_fd_pwrite(fd, v, 1, 0, result));
    EXPECT(BADF, raw_fd_read(fd, v, 1, result));
    EXPECT(BADF, raw_fd_readdir(fd, at(buffer), buffer_size, 0, result));
    EXPECT(BADF, raw_fd_renumber(fd, box));
    EXPECT(BADF, raw_fd_renumber(box, fd));
    EXPECT(BADF, raw_fd_seek(fd, 0, 0, result));
    EXPECT(BADF, raw_fd_sync(fd));
    EXPECT(BADF, raw_fd_tell(fd, result));
    EXPECT(BADF, raw_fd_write(fd, v, 1, result));
    EXPECT(BADF, raw_path_create_directory(fd, PATH("x")));
    EXPECT(BADF, raw_path_filestat_get(fd, 0, PATH("x"), result));
    EXPECT(BADF, raw_path_filestat_set_times(fd, 0, PATH("x"), 0, 0, 0));
    EXPECT(BADF, raw_path_link(fd, 0, PATH("x"), box, PATH("y")));
    EXPECT(BADF, raw_path_link(box, 0, PATH("file"), fd, PATH("y")));
    EXPECT(BADF, raw_path_open(fd, 0, PATH("x"), 0, 0, 0, 0, result));
    EXPECT(BADF, raw_path_readlink(fd, PATH("x"), at(buffer), 10, result));
    EXPECT(BADF, raw_path_remove_directory(fd, PATH("x")));
    EXPECT(BADF, raw_path_rename(fd, PATH("x"), box, PATH("y")));
    EXPECT(BADF, raw_path_rename(box, PATH("file"), fd, PATH("y")));
    EXPECT(BADF, raw_path_symlink(PATH("x"), fd, PATH("y")));
    EXPECT(BADF, raw_path_unlink_file(fd, PATH("x")));
    EXPECT(BADF, raw_sock_accept(fd, 0, result));
    EXPECT(BADF, raw_sock_recv(fd, v, 1, 0, result, result));
    EXPECT(BADF, raw_sock_send(fd, v, 1, 0, result));
    EXPECT(BADF, raw_sock_shutdown(fd, 1));
}

static void no_memory(uint32_t file)
{
    const __wasi_ciovec_t vector = {buffer, 1}, bad_vector = {(const uint8_t*)(uintptr_t)outside, 32};
    const address result = at(buffer) + 128, v = at(&vector), bad = at(&bad_vector);
    EXPECT(FAULT, raw_args_get(outside, at(buffer)));
    EXPECT(FAULT, raw_args_get(at(buffer), outside));
    EXPECT(FAULT, raw_args_sizes_get(outside, result));
    EXPECT(FAULT, raw_args_sizes_get(result, outside));
    EXPECT(FAULT, raw_environ_get(outside, at(buffer)));
    EXPECT(FAULT, raw_environ_get(at(buffer), outside));
    EXPECT(FAULT, raw_environ_sizes_get(outside, result));
    EXPECT(FAULT, raw_environ_sizes_get(result, outside));
    EXPECT(FAULT, raw_clock_res_get(0, outside));
    EXPECT(FAULT, raw_clock_time_get(0, 0, outside));
    EXPECT(FAULT, raw_fd_fdstat_get(file, outside));
    EXPECT(FAULT, raw_fd_filestat_get(file, outside));
    EXPECT(FAULT, raw_fd_prestat_get(box, outside));
    EXPECT(FAULT, raw_fd_prestat_dir_name(box, outside, 100));
    EXPECT(FAULT, raw_fd_readdir(box, outside, 100, 0, result));
    EXPECT(FAULT, raw_fd_readdir(box, at(buffer), 100, 0, outside));
    EXPECT(FAULT, raw_fd_seek(file, 0, 0, outside));
    EXPECT(FAULT, raw_fd_tell(file, outside));
    EXPECT(FAULT, raw_fd_pread(file, outside, 2, 0, result));
    EXPECT(FAULT, raw_fd_pread(file, bad, 1, 0, result));
    EXPECT(FAULT, raw_fd_pread(file, v, 1, 0, outside));
    EXPECT(FAULT, raw_fd_pwrite(file, outside, 2, 0, result));
    EXPECT(FAULT, raw_fd_pwrite(file, bad, 1, 0, result));
    EXPECT(FAULT, raw_fd_pwrite(file, v, 1, 0, outside));
    EXPECT(FAULT, raw_fd_read(file, outside, 2, result));
    EXPECT(FAULT, raw_fd_read(file, bad, 1, result));
    EXPECT(FAULT, raw_fd_read(file, v, 1, outside));
    EXPECT(FAULT, raw_fd_write(file, outside, 2, result));
    EXPECT(FAULT, raw_fd_write(file, bad, 1, result));
    EXPECT(FAULT, raw_fd_write(file, v, 1, outside));
    EXPECT(FAULT, raw_path_create_directory(box, outside, 100));
    EXPECT(FAULT, raw_path_filestat_get(box, 0, outside, 100, result));
    EXPECT(FAULT, raw_path_filestat_get(box, 0, PATH("file"), outside));
    EXPECT(FAULT, raw_path_filestat_set_times(box, 0, outside, 100, 0, 0, 0));
    EXPECT(FAULT, raw_path_link(box, 0, outside, 100, box, PATH("y")));
    EXPECT(FAULT, raw_path_link(box, 0, PATH("file"), box, outside, 100));
    EXPECT(FAULT, raw_path_open(box, 0, outside, 100, 0, 0, 0, 0, result));
    EXPECT(FAULT, raw_path_open(box, 0, PATH("not-made"), __WASI_OFLAGS_CREAT, READ, 0, 0, outside));
    EXPECT(NOENT, raw_path_filestat_get(box, 0, PATH("not-made"), result));
    EXPECT(FAULT, raw_path_readlink(box, outside, 100, at(buffer), 10, result));
    EXPECT(FAULT, raw_path_readlink(box, PATH("link"), outside, 100, result));
    EXPECT(FAULT, raw_path_readlink(box, PATH("link"), at(buffer), 10, outside));
    EXPECT(FAULT, raw_path_remove_directory(box, outside, 100));
    EXPECT(FAULT, raw_path_rename(box, outside, 100, box, PATH("y")));
    EXPECT(FAULT, raw_path_rename(box, PATH("file"), box, outside, 100));
    EXPECT(FAULT, raw_path_symlink(outside, 100, box, PATH("y")));
    EXPECT(FAULT, raw_path_symlink(PATH("x"), box, outside, 100));
    EXPECT(FAULT, raw_path_unlink_file(box, outside, 100));
    EXPECT(FAULT, raw_poll_oneoff(outside, at(buffer), 1, result));
    EXPECT(FAULT, raw_poll_oneoff(at(buffer), outside, 1, result));
    EXPECT(FAULT, raw_poll_oneoff(at(buffer), at(buffer), 1, outside));
    EXPECT(FAULT, raw_poll_oneoff(at(buffer), at(buffer), UINT32_MAX, result));
    EXPECT(FAULT, raw_random_get(outside, 100));
}

static void no_such_flag(uint32_t file)
{
    const address result = at(buffer) + 128;
    EXPECT(INVAL, raw_clock_res_get(4, result));
    EXPECT(INVAL, raw_clock_time_get(4, 0, result));
    EXPECT(INVAL, raw_fd_advise(file, 0, 0, 6));
    EXPECT(INVAL, raw_fd_advise(file, UINT64_MAX, 0, 0));
    EXPECT(INVAL, raw_fd_advise(file, 0, UINT64_MAX, 0));
    EXPECT(INVAL, raw_fd_allocate(file, UINT64_MAX, 1));
    EXPECT(INVAL, raw_fd_allocate(file, 0, UINT64_MAX));
    EXPECT(INVAL, raw_fd_fdstat_set_flags(file, 32));
    EXPECT(NOTSUP, raw_fd_fdstat_set_flags(file, __WASI_FDFLAGS_SYNC));
    EXPECT(INVAL, raw_fd_filestat_set_size(file, UINT64_MAX));
    EXPECT(INVAL, raw_fd_filestat_set_times(file, 0, 0, 16));
    EXPECT(INVAL, raw_fd_filestat_set_times(file, 0, 0, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_ATIM_NOW));
    EXPECT(INVAL, raw_fd_filestat_set_times(file, 0, 0, __WASI_FSTFLAGS_MTIM | __WASI_FSTFLAGS_MTIM_NOW));
    EXPECT(INVAL, raw_fd_seek(file, 0, 3, result));
    EXPECT(INVAL, raw_fd_seek(file, 0, 256, result));
    EXPECT(INVAL, raw_fd_pread(file, 0, 0, UINT64_MAX, result));
    EXPECT(INVAL, raw_fd_pwrite(file, 0, 0, UINT64_MAX, result));
    EXPECT(INVAL, raw_path_filestat_set_times(box, 0, PATH("file"), 0, 0, 16));
    EXPECT(INVAL, raw_path_open(box, 0, PATH("file"), 16, 0, 0, 0, result));
    EXPECT(INVAL, raw_path_open(box, 0, PATH("file"), 0, 0, 0, 32, result));
    EXPECT(INVAL, raw_proc_raise(31));
    EXPECT(SUCCESS, raw_proc_raise(0 /* none */));
    EXPECT(NOTSUP, raw_proc_raise(18 /* stop */));
}

static void no_socket(uint32_t fd)
{
    const __wasi_ciovec_t vector = {buffer, 1};
    const address result = at(buffer) + 128, v = at(&vector);
    EXPECT(NOTSOCK, raw_sock_accept(fd, 0, result));
    EXPECT(NOTSOCK, raw_sock_recv(fd, v, 1, 0, result, result));
    EXPECT(NOTSOCK, raw_sock_send(fd, v, 1, 0, result));
    EXPECT(NOTSOCK, raw_sock_shutdown(fd, 1));
}

static void what_works(uint32_t file)
{
    uint32_t count = 0, bytes = 0;
    EXPECT(SUCCESS, raw_args_sizes_get(at(&count), at(&bytes)));
    EXPECT_EQ(1, count);
    address arguments[1];
    EXPECT_EQ(1, bytes < buffer_size);
    EXPECT(SUCCESS, raw_args_get(at(arguments), at(buffer)));
    EXPECT_EQ(at(buffer), arguments[0]);
    EXPECT_EQ(bytes, strlen((const char*)buffer) + 1);
    EXPECT(SUCCESS, raw_environ_sizes_get(at(&count), at(&bytes)));
    EXPECT_EQ(1, count);
    EXPECT_EQ(strlen("NAME=value") + 1, bytes);
    EXPECT(SUCCESS, raw_environ_get(at(arguments), at(buffer)));
    EXPECT_EQ(0, strcmp((const char*)buffer, "NAME=value"));
    for (uint32_t clock = 0; clock < 4; ++clock) {
        uint64_t resolution = 0, first = 0, second = 0;
        EXPECT(SUCCESS, raw_clock_res_get(clock, at(&resolution)));
        EXPECT_EQ(1, resolution > 0 && resolution <= 1000000000);
        EXPECT(SUCCESS, raw_clock_time_get(clock, 0, at(&first)));
        EXPECT(SUCCESS, raw_clock_time_get(clock, UINT64_MAX, at(&second)));
        EXPECT_EQ(1, first > 0 && (clock == 0 || second >= first));
    }
    EXPECT(SUCCESS, raw_sched_yield());
    EXPECT(SUCCESS, raw_random_get(at(buffer), buffer_size));
    EXPECT(SUCCESS, raw_random_get(0, 0));
    EXPECT(SUCCESS, raw_fd_advise(file, 0, 0, __WASI_ADVICE_NOREUSE));
    EXPECT(SUCCESS, raw_fd_allocate(file, 0, 10));
    EXPECT(SUCCESS, raw_fd_sync(file));
    EXPECT(SUCCESS, raw_fd_datasync(file));
    EXPECT(SUCCESS, raw_fd_fdstat_set_rights(file, READ, 0));
    EXPECT(NOTCAPABLE, raw_fd_fdstat_set_rights(file, READ | WRITE, 0));
    EXPECT(NOTCAPABLE, raw_fd_sync(file));
    EXPECT(NOTCAPABLE, raw_fd_datasync(file));
}

int main(void)
{
    EXPECT(SUCCESS, raw_path_symlink(PATH("file"), box, PATH("link")));
    const uint32_t file = make_file(box, "file", "text");
    no_descriptor(file + 1);
    no_descriptor(1000000);
    no_descriptor(UINT32_MAX);
    no_memory(file);
    no_such_flag(file);
    no_socket(0);
    no_socket(box);
    no_socket(file);
    what_works(file);
    EXPECT(SUCCESS, raw_fd_close(file));
    no_descriptor(file);
    return finish();
}

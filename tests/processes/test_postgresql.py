"""The PostgreSQL that tests start ends with them."""

from tests.processes.servers import Cluster


def test_postgresql_ends_after_its_folder_is_deleted(tmp_path_factory):
    """Each run makes the folder of all runs private when it makes its own."""
    with Cluster() as cluster:
        tmp_path_factory.getbasetemp().parent.chmod(0o700)
        assert (cluster.folder / "db/postmaster.pid").exists()
    assert not cluster.folder.exists()

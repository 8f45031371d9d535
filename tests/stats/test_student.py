import pytest

from harness import stats


@pytest.mark.parametrize(
    ("p", "freedom", "expected"),
    [(0.975, 5, 2.5706), (0.975, 1, 12.7062), (0.95, 10, 1.8125), (0.999, 3, 10.2145), (0.975, 1e7, 1.95996)],
)
def test_t_quantile_agrees_with_published_tables(p: float, freedom: float, expected: float) -> None:
    assert stats.t_quantile(p, freedom) == pytest.approx(expected, rel=1e-4)


def test_quantile_and_cdf_are_inverse() -> None:
    for freedom in (2.0, 4.5, 30.0):
        assert stats.t_cdf(stats.t_quantile(0.99, freedom), freedom) == pytest.approx(0.99, abs=1e-8)
        assert stats.t_cdf(-1.3, freedom) == pytest.approx(1 - stats.t_cdf(1.3, freedom))

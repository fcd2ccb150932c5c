from hypothesis import HealthCheck, settings

# No test is timed, and each run is the same: a slow machine is no defect.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

package ligdicash

// routeOTP is a GET that sends an SMS.
const routeOTP = "/pay/v02/debitotp"
